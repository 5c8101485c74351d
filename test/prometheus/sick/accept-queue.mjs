// A server with a short backlog whose event loop is held most of the time: who comes waits in the queue for it.
import { connect, createServer } from 'node:net';
import { beside, hold, isBeside, whenCured } from './beside.mjs';

const backlog = 20;
const heldMs = 600;
const everyMs = 1000;

/** More than the queue holds, each time. None leaves a TIME_WAIT behind. */
function clients(port) {
  setInterval(() => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.on('connect', () => socket.resetAndDestroy()).setTimeout(2000, () => socket.destroy());
  }, 10);
}

function service() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen({ port: 0, host: '127.0.0.1', backlog }, () => {
    const child = beside(import.meta.filename, 'clients', server.address().port);
    const holding = setInterval(hold, everyMs, heldMs);
    whenCured(() => {
      clearInterval(holding);
      child.kill();
    });
  });
}

if (!isBeside({ clients })) service();
