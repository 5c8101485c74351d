// A service that wants to see all its connections, of which it has more than synfin was told to keep
// (SYNFIN_MAX_CONNECTIONS), and ever new ones: synfin loses sight of some.
import { connect, createServer } from 'node:net';
import { start } from 'synfin';
import { beside, isBeside, whenCured } from './beside.mjs';

const everyMs = 50;
const most = 100;

function clients(port) {
  const kept = [];
  setInterval(() => {
    kept.push(connect(port, '127.0.0.1').on('error', () => {}));
    if (kept.length > most) kept.shift().destroy();
  }, everyMs);
}

function service() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1', () => {
    const child = beside(import.meta.filename, 'clients', server.address().port);
    setInterval(() => start().connections(), everyMs);
    whenCured(() => child.kill());
  });
}

if (!isBeside({ clients })) service();
