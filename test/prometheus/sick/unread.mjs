// A server that does not read what its clients say, who stay: more and more of them, up to nearly half of the
// descriptors (`ulimit -n 200`).
import { connect, createServer } from 'node:net';
import { beside, isBeside, whenCured } from './beside.mjs';

const everyMs = 300;
const most = 85;

function clients(port) {
  const kept = [];
  setInterval(() => {
    if (kept.length < most) kept.push(connect(port, '127.0.0.1').on('error', () => {}));
    kept.at(-1).write(Buffer.alloc(100_000));
  }, everyMs);
}

function service() {
  const unread = [];
  const server = createServer(function inattentive(socket) {
    unread.push(socket.on('error', () => {}).pause());
  });
  server.listen(0, '127.0.0.1', () => {
    beside(import.meta.filename, 'clients', server.address().port);
    whenCured(() => {
      for (const socket of unread) socket.resume();
      server.on('connection', (socket) => socket.resume());
    });
  });
}

if (!isBeside({ clients })) service();
