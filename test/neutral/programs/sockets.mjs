// node sockets.mjs <name>: what sockets, handles and servers look like from outside.
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import tls from 'node:tls';
import { inspect } from 'node:util';
import account from './account.cjs';

const { finish, host, listening, pair, run, say } = account;

/** Every property, whether it is listed or not, in its place; and what stands in its descriptor. */
function shape(object) {
  return Reflect.ownKeys(object).map((key) => {
    const { enumerable, configurable, writable, value, get } = Object.getOwnPropertyDescriptor(object, key);
    return [String(key), typeof value, Boolean(get), enumerable, configurable, writable];
  });
}

/** Of async_hooks: counted by everybody in the process. */
const settled = (text) => text.replaceAll(/(async_id_symbol\)?\]?): \d+/g, '$1').replaceAll(/fd: \d+/g, 'fd');

function look(when, socket) {
  const all = [];
  for (const name in socket) all.push(name);
  say(when, [
    shape(socket),
    all,
    settled(inspect(socket, { depth: 1 })),
    settled(inspect(socket, { showHidden: true, depth: 0 })),
  ]);
  const { readyState, connecting, pending, destroyed, closed, bytesRead, bytesWritten, timeout } = socket;
  say(`${when}: state`, [readyState, connecting, pending, destroyed, closed, bytesRead, bytesWritten, timeout]);
  say(`${when}: frozen`, [Object.isExtensible(socket), Object.prototype.toString.call(socket)]);
  if (socket._handle)
    say(`${when}: handle`, [shape(socket._handle), settled(inspect(socket._handle, { depth: 0, showHidden: true }))]);
}

await run({
  async 'of net'() {
    const fresh = new net.Socket();
    look('new', fresh);
    const server = net.createServer();
    const port = await listening(server);
    look('server', server);
    const client = net.connect(port, host);
    look('connecting', client);
    const [[serving]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
    look('connected', client);
    look('accepted', serving);
    client.write('hello');
    await once(serving, 'data');
    look('read', serving);
    await finish({ server, client, serving });
    look('closed', client);
    look('closed server', server);
    look('closed serving', serving);
  },

  async 'of tls'() {
    const pem = readFileSync(new URL('../../fixtures/apps/localhost.pem', import.meta.url));
    const server = tls.createServer({ key: pem, cert: pem });
    const port = await listening(server);
    const client = tls.connect({ port, host, ca: pem, servername: 'localhost', rejectUnauthorized: false });
    const [[serving]] = await Promise.all([once(server, 'secureConnection'), once(client, 'secureConnect')]);
    say('client', [shape(client), Object.keys(client)]);
    say('serving', [shape(serving), Object.keys(serving), client.getProtocol(), client.authorized]);
    say('handles', [shape(client._handle), shape(client._handle._parent), shape(serving._handle)]);
    await finish({ server, client, serving });
    say('closed', [shape(client), shape(serving), client.remoteAddress]);
  },

  async 'of a path'() {
    const path = `${tmpdir()}/neutral-${process.pid}.sock`;
    const server = net.createServer();
    await once(server.listen(path), 'listening');
    const client = net.connect(path);
    const [[serving]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
    say('client', [shape(client), shape(client._handle), client.remoteAddress]);
    say('serving', [shape(serving), shape(serving._handle)]);
    await finish({ server, client, serving });
    rmSync(path, { force: true });
  },

  /** An object of the application's own goes through it all without a mark. */
  async subclass() {
    const calls = [];
    class Mine extends net.Socket {
      connect(...args) {
        calls.push(['connect', args.length, this instanceof Mine]);
        return super.connect(...args);
      }
      _undestroy() {
        calls.push(['_undestroy', this.destroyed]);
        return super._undestroy();
      }
      _final(done) {
        calls.push('_final');
        super._final((error) => {
          calls.push(['final', error ?? null]);
          done(error);
        });
      }
      _destroy(error, done) {
        calls.push(['_destroy', error?.message ?? null]);
        super._destroy(error, (after) => {
          calls.push(['destroyed', after?.message ?? null]);
          done(after);
        });
      }
    }
    const ends = await pair({}, (options) => new Mine().connect(options));
    look('subclass', ends.client);
    await finish(ends);
    say('calls', calls);
    const Old = function Old() {
      Reflect.apply(net.Stream, this, [{}]);
    };
    Object.setPrototypeOf(Old.prototype, net.Socket.prototype);
    const old = await pair({}, (options) => new Old().connect(options)).catch((error) => error);
    say('the old way', old instanceof Error ? old : old.client instanceof net.Socket);
    if (!(old instanceof Error)) await finish(old);
  },
});
