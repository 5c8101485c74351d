// A server that forgets to say goodbye: each client that is done leaves a connection in CLOSE_WAIT. There are more and
// more of them, up to nearly half of the descriptors (`ulimit -n 1000`).
import { connect, createServer } from 'node:net';
import { beside, isBeside, whenCured } from './beside.mjs';

const everyMs = 60;
const most = 450;

function clients(port) {
  let made = 0;
  setInterval(() => {
    if (made++ < most)
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume()
        .end('hello');
  }, everyMs);
}

function service() {
  const forgotten = [];
  const server = createServer({ allowHalfOpen: true }, function forgetful(socket) {
    forgotten.push(socket.on('error', () => {}).resume());
  });
  server.listen(0, '127.0.0.1', () => {
    const child = beside(import.meta.filename, 'clients', server.address().port);
    whenCured(() => {
      child.kill();
      for (const socket of forgotten) socket.destroy();
    });
  });
}

if (!isBeside({ clients })) service();
