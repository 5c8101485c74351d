// A service that has had a connection once, and to which nothing happens any more.
import { connect, createServer } from 'node:net';

const server = createServer((socket) => socket.on('error', () => {}).resume());
server.listen(0, '127.0.0.1', () => {
  connect(server.address().port, '127.0.0.1').end('hello');
});
