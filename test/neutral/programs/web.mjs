// node web.mjs <name>: TLS, HTTPS, HTTP/2 and fetch.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import account from './account.cjs';

const { closed, freePort, host, listening, listenersOf, run, say, sequence } = account;
const pem = readFileSync(new URL('../../fixtures/apps/localhost.pem', import.meta.url));
const keys = { key: pem, cert: pem };
const trusted = { host, ca: pem, rejectUnauthorized: false };

const ofTls = ['connect', 'secureConnect', 'session', 'keylog', 'end', 'error', 'close'];

/** Bytes go through it as they come. */
function over(socket) {
  const stream = new Duplex({
    read() {},
    write: (bytes, _encoding, done) => socket.write(bytes, done),
    final: (done) => socket.end(done),
  });
  socket.on('data', (bytes) => stream.push(bytes)).on('end', () => stream.push(null));
  return stream;
}

await run({
  async tls() {
    const accepted = [];
    const server = tls.createServer({ ...keys, ALPNProtocols: ['mine'] }, (socket) => {
      accepted.push([socket.alpnProtocol, socket.servername, listenersOf(socket)]);
      sequence(socket.resume(), ['end', 'close', 'error'], accepted);
    });
    server.on('tlsClientError', (error, socket) => accepted.push(['tlsClientError', error.code, socket.destroyed]));
    const port = await listening(server);
    const ways = {
      'tls.connect': () => tls.connect({ port, ...trusted, ALPNProtocols: ['mine'] }),
      'over a socket': () => tls.connect({ ...trusted, socket: net.connect(port, host) }),
      'over a stream': () => tls.connect({ ...trusted, socket: over(net.connect(port, host)) }),
    };
    for (const [name, make] of Object.entries(ways)) {
      const client = make();
      const log = sequence(client, ofTls.slice(0, 2).concat('end', 'error', 'close'));
      await once(client, 'secureConnect');
      const open = [
        client.encrypted,
        client.authorized,
        client.alpnProtocol,
        Boolean(client._handle),
        listenersOf(client),
      ];
      client.resume().end('hello');
      await closed(client);
      say(name, [open, log, client.bytesWritten > 0, client.remoteAddress, client.destroyed]);
    }
    const strict = tls.connect({ port, host, servername: 'localhost' });
    say('untrusted', await new Promise((failed) => strict.once('error', failed)));
    const plain = net.connect(port, host).on('error', () => {});
    plain.end('no handshake at all');
    await closed(plain.resume());
    const refused = tls.connect({ port: await freePort(), host });
    const log = sequence(refused, ofTls);
    await closed(refused);
    say('refused', log);
    server.close();
    await closed(server);
    say('accepted', accepted.map((entry) => JSON.stringify(entry)).sort());
  },

  async https() {
    const server = https.createServer(keys, (request, response) => response.end(request.url));
    const port = await listening(server);
    const agent = new https.Agent({ keepAlive: true, ...trusted });
    const texts = [];
    for (const path of ['/1', '/2']) {
      const request = https.get({ port, path, agent, ...trusted });
      const [response] = await once(request, 'response');
      const free = once(agent, 'free');
      for await (const text of response.setEncoding('utf8'))
        texts.push([text, request.reusedSocket, listenersOf(request.socket)]);
      await free;
    }
    say('texts', texts);
    agent.destroy();
    server.close();
    await closed(server);
  },

  async http2() {
    const server = http2.createServer();
    server.on('stream', (stream, headers) => stream.respond({ ':status': 200 }) || stream.end(headers[':path']));
    const sessions = sequence(server, ['session', 'sessionError', 'close']);
    const port = await listening(server);
    const client = http2.connect(`http://${host}:${port}`);
    const log = sequence(client, ['connect', 'close', 'goaway', 'error']);
    for (const path of ['/1', '/2']) {
      const stream = client.request({ ':path': path }).setEncoding('utf8');
      let text = '';
      for await (const piece of stream) text += piece;
      say('text', [text, stream.rstCode]);
    }
    say('socket', [client.socket.remoteAddress, client.destroyed, listenersOf(client)]);
    client.close();
    await closed(client);
    say('client', log);
    server.close();
    await closed(server);
    say('server', sessions);
    const secure = http2.createSecureServer({ ...keys, allowHTTP1: true }, (request, response) =>
      response.end(request.httpVersion),
    );
    const other = await listening(secure);
    const encrypted = http2.connect(`https://${host}:${other}`, trusted);
    let text = '';
    for await (const piece of encrypted.request().setEncoding('utf8')) text += piece;
    say('secure', [text, encrypted.alpnProtocol]);
    encrypted.close();
    await closed(encrypted);
    const [old] = await once(https.get({ port: other, ...trusted, agent: new https.Agent() }), 'response');
    for await (const piece of old.setEncoding('utf8')) say('old', piece);
    secure.close();
    await closed(secure);
    const refused = http2.connect(`http://${host}:${await freePort()}`);
    say('refused', await new Promise((failed) => refused.once('error', failed)));
  },

  async fetch() {
    const heard = [];
    const server = http.createServer((request, response) => {
      heard.push([request.url, Object.keys(request.headers).sort()]);
      if (request.url === '/hang') return request.socket.destroy();
      request.pipe(response);
    });
    const port = await listening(server);
    const url = `http://${host}:${port}`;
    say('get', await (await fetch(`${url}/1`)).text());
    say('post', await (await fetch(`${url}/2`, { method: 'POST', body: 'hello' })).text());
    for (const [name, asked] of Object.entries({
      'hung up': () => fetch(`${url}/hang`),
      aborted: () => fetch(url, { signal: AbortSignal.abort() }),
      nobody: async () => fetch(`http://${host}:${await freePort()}`),
    }))
      say(name, await asked().then(String, ({ name: kind, message, cause }) => [kind, message, cause?.code]));
    say('heard', heard);
    server.closeAllConnections();
    server.close();
    await closed(server);
    say('ended', [process.listenerCount('exit'), process.listenerCount('beforeExit')]);
  },
});
