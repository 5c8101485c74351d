// A service that writes to peers who never read: more than the kernels of both sides hold.
import { connect, createServer } from 'node:net';
import { beside, isBeside, whenCured } from './beside.mjs';

const deafOnes = 5;

function deaf() {
  const kept = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => kept.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

function service() {
  const kept = [];
  const child = beside(import.meta.filename, 'deaf').once('message', (port) => {
    for (let n = 0; n < deafOnes; n++) {
      kept.push(connect(port, '127.0.0.1').on('error', () => {}));
      kept.at(-1).write(Buffer.alloc(8_000_000));
    }
  });
  // Closing them from this side would not help: the kernel goes on trying.
  whenCured(() => child.kill());
}

if (!isBeside({ deaf })) service();
