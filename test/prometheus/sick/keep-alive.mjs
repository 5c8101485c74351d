// A client that keeps a connection for longer than its server does, and whose event loop is held just when the goodbye
// comes: its next request goes out on a connection that the server has closed. Again and again.
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beside, hold, isBeside, whenCured } from './beside.mjs';

const keptMs = 200;
const heldMs = 400;

/** Does not say for how long it keeps a connection. */
function upstream() {
  const server = net.createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        setTimeout(() => socket.destroy(), keptMs);
      });
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

function answered(options) {
  return new Promise((done) => {
    const request = http.get(options, (response) => response.resume().on('end', done));
    request.on('error', done);
  });
}

/** Between two turns of the event loop, so that nothing that came in meanwhile is known. */
function held(ms) {
  return new Promise((done) => setImmediate(() => done(hold(ms))));
}

function service() {
  let isCured = false;
  whenCured(() => {
    isCured = true;
  });
  beside(import.meta.filename, 'upstream').once('message', async (port) => {
    const options = { host: '127.0.0.1', port, agent: new http.Agent({ keepAlive: true }) };
    while (!isCured) {
      await answered(options);
      await sleep(20);
      await held(heldMs);
      await answered(options);
      await sleep(500);
    }
  });
}

if (!isBeside({ upstream })) service();
