import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { finished, pipeline, Readable, Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import tls from 'node:tls';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { harmOf } from '../../../src/sources/net/harm.ts';

const host = '127.0.0.1';
const pem = readFileSync('test/fixtures/apps/localhost.pem');
const servers: Server[] = [];
const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.on('error', () => {}).destroy();
  for (const server of servers) server.close();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, host), 'listening');
  return (server.address() as AddressInfo).port;
}

/** The two ends of a connection; the server's first. */
async function pair(): Promise<[Socket, Socket]> {
  const server = net.createServer({ pauseOnConnect: true });
  const client = net.connect(await portOf(server), host);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  if (client.connecting) await once(client, 'connect');
  sockets.push(accepted, client);
  return [accepted, client];
}

const never = () => new Writable({ write: () => {} });
const silent = () => new Readable({ read: () => {} });

/** As instrumentations do: whatever listens to it from now on is wrapped, and has another name. */
function bound<Emitter extends object>(emitter: Emitter): Emitter {
  return new AsyncLocalStorageContextManager().bind(ROOT_CONTEXT, emitter);
}

describe('what would come of destroying a socket', () => {
  it('nobody hears of more than its close → nothing', async () => {
    const [accepted, client] = await pair();
    assert.deepEqual([harmOf(accepted, false, true), harmOf(client, false, false)], [undefined, undefined]);
  });

  it('a server keeps a list of its sockets, and listens to their close → nothing', async () => {
    const [accepted] = await pair();
    accepted.on('close', () => {});
    assert.equal(harmOf(accepted, false, true), undefined);
  });

  it('the same on a socket that is no server’s → a driver may take it for an error', async () => {
    const [, client] = await pair();
    client.on('close', () => {});
    assert.equal(harmOf(client, false, false), 'client_watched');
  });

  for (const [what, listen, harm] of [
    ['nobody listens to', () => {}, undefined],
    ['a driver listens to the close of', (socket: Socket) => void socket.on('close', () => {}), 'client_watched'],
    ['finished() waits for', (socket: Socket) => void finished(socket, () => {}), 'stream_awaited'],
  ] as const)
    it(`TLS on a socket that ${what} → ${harm ?? 'nothing'}`, async () => {
      const server = tls.createServer({ key: pem, cert: pem }, (socket) => void sockets.push(socket));
      const plain = net.connect(await portOf(server), host);
      listen(plain);
      const secure = tls.connect({ socket: plain, rejectUnauthorized: false });
      sockets.push(secure, plain);
      await once(secure, 'secureConnect');
      assert.equal(harmOf(secure, false, false), harm);
    });

  for (const [what, wait] of [
    ['pipeline()', (socket: Socket) => void pipeline(socket, never(), () => {})],
    ['finished()', (socket: Socket) => void finished(socket, () => {})],
    ['Readable.toWeb()', (socket: Socket) => void Readable.toWeb(socket)],
    [
      'for await',
      (socket: Socket) =>
        void socket[Symbol.asyncIterator]()
          .next()
          .catch(() => {}),
    ],
  ] as const)
    it(`${what} waits for it → would be handed an error`, async () => {
      const [accepted] = await pair();
      wait(accepted);
      assert.equal(harmOf(accepted, false, true), 'stream_awaited');
      const [other] = await pair();
      wait(bound(other));
      assert.equal(harmOf(other, false, true), 'stream_awaited', 'bound to a context');
    });

  it('piped, without pipeline() → nothing', async () => {
    const [accepted] = await pair();
    accepted.pipe(never());
    assert.equal(harmOf(accepted, false, true), undefined);
  });

  it('the target of a pipe() → cannot be told from what is waited for', async () => {
    const [accepted] = await pair();
    silent().pipe(accepted);
    assert.equal(harmOf(accepted, false, true), 'stream_awaited');
  });

  it('a write is not over → its callback would be handed an error', async () => {
    const [accepted] = await pair();
    accepted.cork();
    accepted.write('hello');
    assert.equal(harmOf(accepted, false, true), 'write_pending');
  });

  it('ended, and the end is not out → the same', async () => {
    const [accepted] = await pair();
    accepted._final = () => {};
    accepted.end();
    assert.equal(harmOf(accepted, false, true), 'write_pending');
  });

  it('destroyed already → nothing to do', async () => {
    const [accepted] = await pair();
    assert.equal(harmOf(accepted.destroy(), false, true), 'destroyed');
  });

  it('a TLS handshake that goes on → it would fail', async () => {
    const [, client] = await pair();
    const secure = tls.connect({ socket: client });
    sockets.push(secure);
    assert.equal(harmOf(secure, false, false), 'handshake');
  });

  it('a HTTP/2 session, on both sides → its streams are not seen from here', async () => {
    const server = http2.createServer();
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const session = http2.connect(`http://${host}:${await portOf(server)}`);
    const stream = session.request({ ':path': '/' }).on('error', () => {});
    const [accepted] = await connected;
    await once(server, 'stream');
    sockets.push(accepted);
    assert.equal(harmOf(accepted, false, true), 'http2');
    stream.close();
    session.destroy();
  });

  it('a request without an answer → it would emit socket hang up', async () => {
    const request = http.get({ host, port: await portOf(http.createServer()) }).on('error', () => {});
    const [socket] = (await once(request, 'socket')) as [Socket];
    if (socket.connecting) await once(socket, 'connect');
    sockets.push(socket);
    assert.equal(harmOf(socket, false, false), 'no_response');
  });

  for (const [what, listen, harm] of [
    ['nobody listens', () => {}, undefined],
    ['somebody listens to its error', (message: Readable) => void message.on('error', () => {}), 'message_watched'],
    [
      'somebody listens to its abortion',
      (message: Readable) => void message.on('aborted', () => {}),
      'message_watched',
    ],
    ['pipeline() waits for it', (message: Readable) => void pipeline(message, never(), () => {}), 'stream_awaited'],
    ['it is piped', (message: Readable) => void message.pipe(never()), undefined],
  ] as const) {
    it(`a response that is not read: ${what} → ${harm ?? 'nothing'}`, async () => {
      const server = http.createServer((_request, response) => void response.write('x'));
      const [response] = (await once(http.get({ host, port: await portOf(server) }), 'response')) as [
        http.IncomingMessage,
      ];
      sockets.push(response.socket);
      listen(response);
      assert.equal(harmOf(response.socket, false, false), harm);
    });

    it(`an upload that is not read: ${what} → ${harm ?? 'nothing'}`, async () => {
      const server = http.createServer();
      const client = net.connect(await portOf(server), host);
      client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhello');
      const [request] = (await once(server, 'request')) as [http.IncomingMessage];
      sockets.push(client, request.socket);
      listen(request);
      assert.equal(harmOf(request.socket, false, true), harm);
    });
  }

  for (const [what, wait] of [
    ['finished()', (response: http.ServerResponse) => void finished(response, () => {})],
    ['pipeline()', (response: http.ServerResponse) => void pipeline(silent(), response, () => {})],
  ] as const)
    it(`${what} waits for a response that is bound to a context → would be handed an error`, async () => {
      const server = http.createServer();
      const client = net.connect(await portOf(server), host);
      client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      const [request, response] = (await once(server, 'request')) as [http.IncomingMessage, http.ServerResponse];
      sockets.push(client, request.socket);
      bound(request);
      // What the instrumentation itself listens to.
      bound(response).on('close', () => {});
      assert.equal(harmOf(request.socket, false, true), undefined);
      wait(response);
      assert.equal(harmOf(request.socket, false, true), 'stream_awaited');
    });

  it('pipeline() waits for an upload that has its response, and is bound to a context → the same', async () => {
    const server = http.createServer((_request, response) => void response.write('x'));
    const request = http.request({ host, port: await portOf(server), method: 'POST' });
    bound(request);
    pipeline(silent(), request, () => {});
    request.flushHeaders();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    sockets.push(response.socket);
    assert.equal(harmOf(response.socket, false, false), 'stream_awaited');
  });

  for (const [what, listen, harm] of [
    ['its response', (_: http.ClientRequest, response: http.IncomingMessage) => response, 'message_watched'],
    // OpenTelemetry listens to that of every request.
    ['the request', (request: http.ClientRequest) => request, undefined],
  ] as const)
    it(`a client listens to the close of ${what} → ${harm ?? 'nothing'}`, async () => {
      const server = http.createServer((_request, response) => void response.write('x'));
      const request = http.get({ host, port: await portOf(server) });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      sockets.push(response.socket);
      listen(request, response).on('close', () => {});
      assert.equal(harmOf(response.socket, false, false), harm);
    });

  it('a response that somebody waits for the end of → would be handed an error', async () => {
    const server = http.createServer();
    const client = net.connect(await portOf(server), host);
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const [request, response] = (await once(server, 'request')) as [http.IncomingMessage, http.ServerResponse];
    sockets.push(client, request.socket);
    finished(response, () => {});
    assert.equal(harmOf(request.socket, false, true), 'stream_awaited');
  });

  it('a socket of undici’s that looks like none → left alone', async () => {
    const [, client] = await pair();
    assert.equal(harmOf(client, true, false), 'fetch_unknown');
  });
});
