// Ways to make connections. Both ends of each are in this process, and closed when the way is over.
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { closed, closing, got, host, serving } = require('./loopback.cjs');

module.exports = {
  async net(load) {
    const net = await load('node:net');
    await serving(
      net.createServer((socket) => socket.resume()),
      (port) => closed(net.connect(port, host).resume().end('hello')),
    );
  },

  async refused(load) {
    const net = await load('node:net');
    const server = net.createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await closed(net.connect(port, host));
  },

  async http(load) {
    const http = await load('node:http');
    await serving(http.createServer(closing), (port) => got(http, { port, agent: false }));
  },

  async 'http, kept alive'(load) {
    const http = await load('node:http');
    const agent = new http.Agent({ keepAlive: true });
    await serving(
      http.createServer((_request, response) => response.end('ok')),
      async (port) => {
        for (let i = 0; i < 2; i++) {
          await got(http, { port, agent });
          // The socket comes back to the agent a tick after the end of the response.
          await new Promise(setImmediate);
        }
        agent.destroy();
      },
    );
  },

  async https(load) {
    const https = await load('node:https');
    const pem = readFileSync(join(__dirname, 'localhost.pem'));
    await serving(https.createServer({ key: pem, cert: pem }, closing), (port) =>
      got(https, { port, ca: pem, agent: false, servername: 'localhost' }),
    );
  },

  async fetch(load) {
    const http = await load('node:http');
    await serving(http.createServer(closing), async (port) => {
      await (await fetch(`http://${host}:${port}/`)).text();
    });
  },
};
