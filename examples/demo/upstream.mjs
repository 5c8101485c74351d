// What the service calls: hands out documents of any size, and hangs up on connections that have been idle for a
// second. That is an upstream's good right, and it is what makes a leak visible: the FIN comes, and nobody answers.

import http from 'node:http';

const server = http.createServer((req, res) => {
  const size = Number(new URL(req.url, 'http://upstream').searchParams.get('size'));
  res.setHeader('content-type', 'text/plain');
  res.setHeader('content-length', size);
  res.end('x'.repeat(size));
});

// Like many proxies, it does not announce that it will. With keepAliveTimeout it would (Keep-Alive: timeout=1), and
// fetch would close its connections before their time.
server.keepAliveTimeout = 0;
server.timeout = 1000;

server.listen(0, '127.0.0.1', () => process.send?.({ kind: 'ready', port: server.address().port }));

// The conductor is gone: nobody needs this process any more.
process.once('disconnect', () => process.exit());
