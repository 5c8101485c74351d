// A client whose connects are refused, or slow because the upstream is too busy to take them; the rest goes well, and
// ends in each of the ways that there are.
import { connect, createServer } from 'node:net';
import { beside, hold, isBeside } from './beside.mjs';

const everyMs = 100;

/** Its queue holds few, its event loop is held much of the time: a SYN is dropped, and sent again after a second. */
function busy() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.send(server.address().port));
  setInterval(hold, 1500, 600);
}

/** Says goodbye by itself, cuts the connection off, or waits for the other side to. */
function well() {
  const ends = [(socket) => socket.end('bye'), (socket) => socket.resetAndDestroy(), () => {}];
  let taken = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    setTimeout(ends[taken++ % ends.length], 50, socket);
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

/** A port that nobody listens on. */
const nobodys = 1;

function service() {
  const targets = [nobodys];
  for (const name of ['busy', 'well']) beside(import.meta.filename, name).once('message', (port) => targets.push(port));
  let calls = 0;
  setInterval(() => {
    const socket = connect(targets[calls++ % targets.length], '127.0.0.1')
      .on('error', () => {})
      .resume();
    setTimeout(() => socket.end(), 3000);
  }, everyMs);
}

if (!isBeside({ busy, well })) service();
