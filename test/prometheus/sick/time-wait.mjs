// A client that opens a connection for each question and closes it itself, until most of the local ports towards its
// upstream are in TIME_WAIT. In a network namespace that has few.
import { connect, createServer } from 'node:net';
import { beside, isBeside, whenCured } from './beside.mjs';

const everyMs = 40;
const most = 140;

function upstream() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(5000, '10.99.0.2', () => process.send('listening'));
}

function service() {
  let made = 0;
  function healthCheck() {
    if (made++ < most) connect(5000, '10.99.0.2', goodbye).on('error', () => {});
  }
  function goodbye() {
    this.destroy();
  }
  beside(import.meta.filename, 'upstream').once('message', () => {
    const asking = setInterval(healthCheck, everyMs);
    whenCured(() => clearInterval(asking));
  });
}

if (!isBeside({ upstream })) service();
