// What the service calls: hands out documents of any size, and hangs up on a connection that has been idle for a
// second. That is an upstream's good right, and it is what makes a leak visible: the FIN comes, and nobody answers.
//
// PORT (3001) and HOST (127.0.0.1) say where it listens.

import http from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const { PORT = '3001', HOST = '127.0.0.1' } = process.env;

const server = http.createServer((req, res) => {
  const size = Number(new URL(req.url, 'http://upstream').searchParams.get('size'));
  res.setHeader('content-type', 'text/plain');
  res.setHeader('content-length', size);
  Readable.from(pieces(size)).pipe(res);
});

/** As a disk would give it. All at once, loopback is so fast that the reader's kernel may enlarge its buffer. */
async function* pieces(size) {
  const most = 16_000;
  for (let left = size; left > 0; left -= most) {
    yield 'x'.repeat(Math.min(left, most));
    await sleep(5);
  }
}

// Like many proxies, it does not announce that it will hang up. With keepAliveTimeout it would (Keep-Alive: timeout=1),
// and fetch would close its connections before their time.
server.keepAliveTimeout = 0;
server.timeout = 1000;

server.listen(Number(PORT), HOST, () => {
  console.log(`pid       ${process.pid}`);
  console.log(`upstream  http://${HOST}:${server.address().port}`);
});

for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
