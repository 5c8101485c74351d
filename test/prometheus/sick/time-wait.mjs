// A client that opens a connection for each request and closes it itself, until most of the local ports towards its
// upstream are in TIME_WAIT. In a network namespace that has few.
import http from 'node:http';
import { beside, isBeside, whenCured } from './beside.mjs';

const everyMs = 40;
const most = 140;

function upstream() {
  const server = http.createServer((_request, response) => response.end('hello'));
  server.listen(5000, '10.99.0.2', () => process.send('listening'));
}

function service() {
  const agent = new http.Agent({ keepAlive: false });
  let made = 0;
  function wasteful() {
    if (made++ < most) http.get({ host: '10.99.0.2', port: 5000, agent }, (response) => response.resume());
  }
  beside(import.meta.filename, 'upstream').once('message', () => {
    const asking = setInterval(wasteful, everyMs);
    whenCured(() => clearInterval(asking));
  });
}

if (!isBeside({ upstream })) service();
