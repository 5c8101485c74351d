// node service.cjs [with fetch]: a small service that uses what it has of sockets, as CommonJS.
'use strict';
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { closed, finish, freePort, host, listening, listenersOf, pair, pause, say } = require('./account.cjs');

for (const name of ['warning', 'unhandledRejection', 'uncaughtExceptionMonitor'])
  process.on(name, (what) => say(name, [what.name, what.message, what.code]));
for (const name of ['beforeExit', 'exit'])
  process.on(name, (code) => say(name, [code, process.getActiveResourcesInfo()]));

async function main() {
  const ends = await pair();
  ends.client.write('hello');
  await once(ends.serving, 'data');
  say('listeners', [listenersOf(ends.client), listenersOf(ends.serving), listenersOf(ends.server)]);
  const server = http.createServer((request, response) => request.pipe(response));
  const port = await listening(server);
  const request = http.request({ host, port, method: 'POST', agent: new http.Agent({ keepAlive: true }) });
  request.end('body');
  const [response] = await once(request, 'response');
  for await (const text of response.setEncoding('utf8')) say('answer', text);
  if (process.argv[2] === 'with fetch')
    say('fetched', await (await fetch(`http://${host}:${port}`, { method: 'POST', body: 'more' })).text());
  server.closeAllConnections();
  server.close();
  const refused = net.connect(await freePort(), host);
  const [error] = await new Promise((failed) => refused.once('error', (...given) => failed(given)));
  say('refused', [error, Object.keys(error)]);
  await pause(150);
  await finish(ends);
  await closed(net.connect({ port: await freePort(), host }).on('error', ({ code }) => say('again', code)));
  say('Error', [Object.getOwnPropertyNames(Error), Error.stackTraceLimit, typeof Error.prepareStackTrace]);
  say('frozen', [Object.isFrozen(Array.prototype), Object.isFrozen(Error), Object.isFrozen(net.Socket.prototype)]);
  say('process', listenersOf(process));
}

main();
