// node service.mjs: as service.cjs, with names that are bound before the program begins.
import { once } from 'node:events';
import http, { Agent, createServer as createHttpServer, get } from 'node:http';
import net, { connect, createConnection, createServer, Socket } from 'node:net';
import account from './account.cjs';

const { closed, freePort, host, listening, listenersOf, say } = account;

process.on('warning', ({ name, message }) => say('warning', [name, message]));
for (const name of ['beforeExit', 'exit']) process.on(name, (code) => say(name, code));

const server = createServer((socket) => socket.end('bye'));
const port = await listening(server);
for (const make of [connect, createConnection, net.connect, (options) => new Socket().connect(options)]) {
  const client = make({ port, host }).resume();
  await closed(client);
  say('read', [client.bytesRead, client instanceof Socket, listenersOf(client)]);
}
server.close();
const web = createHttpServer((_request, response) => response.end('ok'));
const request = get({ host, port: await listening(web), agent: new Agent() });
const [response] = await once(request, 'response');
await closed(response.resume());
say('answer', [response.statusCode, http.get === get]);
web.close();
await closed(connect(await freePort(), host).on('error', (error) => say('refused', error)));
say('bound', [net.connect === connect, net.Socket === Socket, Object.keys(net).length, Socket.prototype.connect.name]);
