// A process that opens file after file, until nearly as many are open as may be (`prlimit --nofile`), and closes none.
// A connection is what wakes synfin.
import { closeSync, openSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { whenCured } from './beside.mjs';

const everyMs = 50;
const share = 0.97;
const limit = Number(process.argv[2]);
const open = [];

const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1', () => {
  connect(server.address().port, '127.0.0.1');
});

const opening = setInterval(() => {
  if (readdirSync('/proc/self/fd').length < limit * share) open.push(openSync('/dev/null'));
}, everyMs);

whenCured(() => {
  clearInterval(opening);
  for (const descriptor of open) closeSync(descriptor);
});
