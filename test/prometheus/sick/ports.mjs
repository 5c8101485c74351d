// A client that takes more and more of the local ports towards one destination and keeps them, and some that it gives
// back, which are in TIME_WAIT. `ports.mjs <how many there are>`, in a network namespace that has no more, to an address
// of it that is no loopback one.
import { connect, createServer } from 'node:net';
import { beside, isBeside, whenCured } from './beside.mjs';

const everyMs = 50;
const share = 0.97;
const timeWaits = 20;

function upstream() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(5000, '10.99.0.2', () => process.send('listening'));
}

function service() {
  const most = Number(process.argv[2]) * share;
  const kept = [];
  const call = () => connect(5000, '10.99.0.2').on('error', () => {});
  let given = 0;
  function greedy() {
    if (given++ < timeWaits)
      call().once('connect', function () {
        this.destroy();
      });
    else if (given < most) kept.push(call());
  }
  beside(import.meta.filename, 'upstream').once('message', () => {
    const taking = setInterval(greedy, everyMs);
    whenCured(() => {
      clearInterval(taking);
      for (const socket of kept) socket.resetAndDestroy();
    });
  });
}

if (!isBeside({ upstream })) service();
