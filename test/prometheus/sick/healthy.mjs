// A service under load to which nothing is wrong: it answers on connections that stay and on new ones, and asks an
// upstream over a pool.
import { Agent, createServer, get } from 'node:http';
import { beside, isBeside } from './beside.mjs';

function ask(options, done) {
  get({ host: '127.0.0.1', ...options }, (response) => response.resume().on('end', done)).on('error', done);
}

function clients(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 30 });
  const again = () => setTimeout(ask, 50, { port, agent }, again);
  for (let n = 0; n < 30; n++) again();
  // And some that come for one request. A host that has other things to do is no trouble of the service's: nobody comes
  // again before he was answered.
  const anew = () => setTimeout(ask, 500, { port, agent: false }, anew);
  for (let n = 0; n < 10; n++) anew();
}

function upstream() {
  const server = createServer((_request, response) => response.end('hello'));
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

function service() {
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  beside(import.meta.filename, 'upstream').once('message', (port) => {
    const server = createServer((_request, response) => ask({ port, agent }, () => response.end('hello')));
    server.listen(0, '127.0.0.1', () => beside(import.meta.filename, 'clients', server.address().port));
  });
}

if (!isBeside({ clients, upstream })) service();
