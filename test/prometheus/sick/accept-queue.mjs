// A server with a short backlog, at which sixty clients knock at once, twice a second.
import { connect, createServer } from 'node:net';
import { beside, isBeside, whenCured } from './beside.mjs';

const backlog = 5;
const atOnce = 60;
const everyMs = 500;

function clients(port) {
  setInterval(() => {
    for (let n = 0; n < atOnce; n++) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.on('connect', () => socket.end()).setTimeout(2000, () => socket.destroy());
    }
  }, everyMs);
}

function service() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen({ port: 0, host: '127.0.0.1', backlog }, () => {
    const child = beside(import.meta.filename, 'clients', server.address().port);
    whenCured(() => child.kill());
  });
}

if (!isBeside({ clients })) service();
