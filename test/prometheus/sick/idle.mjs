// A service that has had a connection once, and to which nothing happens any more. `idle.mjs <connections that stay>`
import { connect, createServer } from 'node:net';

const stay = Number(process.argv[2] ?? 0);
const server = createServer((socket) => socket.on('error', () => {}).resume());
server.listen(0, '127.0.0.1', () => {
  connect(server.address().port, '127.0.0.1').end('hello');
  for (let n = 0; n < stay; n++) connect(server.address().port, '127.0.0.1');
});
