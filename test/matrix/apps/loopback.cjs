// A listener on 127.0.0.1 and what it takes to see connections to their end.
const { once } = require('node:events');

const host = '127.0.0.1';

function closed(socket) {
  return new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
}

/** Listens while `use` runs, and until every connection that it accepted is closed. */
async function serving(server, use) {
  const accepted = [];
  server.on('connection', (socket) => accepted.push(closed(socket)));
  await once(server.listen(0, host), 'listening');
  await use(server.address().port);
  await Promise.all(accepted);
  server.close();
}

/** Answers at once, and closes after each answer. */
const closing = (_request, response) => response.setHeader('connection', 'close').end('ok');

/** Sends a request, takes the whole answer. */
async function got(module, options) {
  const [response] = await once(module.get({ host, ...options }), 'response');
  await once(response.resume(), 'end');
}

/** A connection that stays, and what ends it. */
async function established(load) {
  const net = await load('node:net');
  const server = net.createServer((socket) => socket.resume()).listen(0, host);
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = net.connect(server.address().port, host).resume();
  const [[other]] = await Promise.all([accepted, once(client, 'connect')]);
  server.close();
  return { end: () => Promise.all([closed(other), closed(client.end())]) };
}

module.exports = { closed, closing, established, got, host, serving };
