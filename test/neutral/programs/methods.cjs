// node methods.cjs <name>: the functions that sockets have, and what an application may do to them.
'use strict';
const http = require('node:http');
const net = require('node:net');
const stream = require('node:stream');
const tls = require('node:tls');
const { once } = require('node:events');
const { closed, finish, freePort, host, listening, pair, run, say } = require('./account.cjs');

/** Each property in its place, with what describes it; of a function, what it shows of itself but for its source. */
function describe(object) {
  return Reflect.ownKeys(object).map((key) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(object, key);
    const made = typeof value === 'function' ? facts(value) : typeof value;
    return [String(key), made, typeof get, typeof set, flags];
  });
}

function facts(made) {
  const { name, length } = made;
  let constructs = true;
  try {
    Reflect.construct(Object, [], made);
  } catch {
    constructs = false;
  }
  return [
    name,
    length,
    Reflect.ownKeys(made).map(String),
    constructs,
    Object.isExtensible(made),
    String(Object.getPrototypeOf(made).name),
  ];
}

/** One of everything has been used, so that what is done late has been done. */
async function use() {
  const server = http.createServer((_request, response) => response.end('ok'));
  const request = http.get({ host, port: await listening(server), agent: new http.Agent() });
  const [response] = await once(request, 'response');
  await closed(response.resume());
  server.close();
}

run({
  async prototypes() {
    const ends = await pair();
    await use();
    const handle = Object.getPrototypeOf(ends.client._handle);
    const all = {
      'net.Socket': net.Socket.prototype,
      'net.Server': net.Server.prototype,
      'tls.TLSSocket': tls.TLSSocket.prototype,
      'http.Agent': http.Agent.prototype,
      'http.ClientRequest': http.ClientRequest.prototype,
      'stream.Readable': stream.Readable.prototype,
      'stream.Writable': stream.Writable.prototype,
      'stream.Duplex': stream.Duplex.prototype,
      EventEmitter: require('node:events').prototype,
      TCP: handle,
      LibuvStreamWrap: Object.getPrototypeOf(handle),
      HandleWrap: Object.getPrototypeOf(Object.getPrototypeOf(handle)),
    };
    for (const [name, prototype] of Object.entries(all)) say(name, describe(prototype));
    for (const [name, module] of Object.entries({ net, tls, http, stream })) say(`module ${name}`, describe(module));
    say('for in', [
      ...(function* () {
        for (const name in ends.client) yield name;
      })(),
    ]);
    say('Object.keys', Object.keys(net.Socket.prototype));
    say(
      'globalThis',
      Reflect.ownKeys(globalThis)
        .map(String)
        .filter((name) => name !== 'Symbol(synfin)')
        .sort(),
    );
    say('process', [
      Reflect.ownKeys(process).map(String).sort(),
      describe(process)
        .map(([name, , get]) => [name, get])
        .sort(),
    ]);
    say('Error', describe(Error));
    await finish(ends);
  },

  /** Called on what is no socket. */
  async 'weird receivers'() {
    const port = await freePort();
    const receivers = {
      undefined,
      null: null,
      number: 7,
      text: 'x',
      object: { emit() {} },
      function: Object.assign(() => {}, { emit() {} }),
      prototype: net.Socket.prototype,
      stream: new stream.Duplex(),
    };
    for (const name of ['connect', '_destroy', '_final', '_undestroy'])
      for (const [kind, receiver] of Object.entries(receivers)) {
        if (kind === 'prototype' || (kind === 'function' && name === '_undestroy')) continue;
        try {
          const result = net.Socket.prototype[name].call(
            receiver,
            name === 'connect' ? { port, host } : () => {},
            () => {},
          );
          say(`${name} of ${kind}`, typeof result);
        } catch (error) {
          say(`${name} of ${kind}`, [error.name, error.code ?? error.message]);
        }
      }
    const { _handle: handle, ...rest } = new net.Socket({ handle: undefined });
    say('no handle', [typeof handle, Object.keys(rest).length]);
    const ends = await pair();
    const proxy = new Proxy(new net.Socket(), {});
    proxy.on('error', () => {});
    try {
      say('proxy', proxy.connect(ends.server.address().port, host) === proxy);
      await once(proxy, 'connect');
      proxy.destroy();
    } catch (error) {
      say('proxy', error);
    }
    await finish(ends);
  },

  /** How often an application's own accessors are asked, and in which order. */
  async options() {
    const server = net.createServer((socket) => socket.end()).on('close', () => {});
    const port = await listening(server);
    const counted = (asked, values) =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(values).map(([name, value]) => [
            name,
            { enumerable: true, get: () => asked.push(name) && value },
          ]),
        ),
      );
    for (const values of [
      { port, host },
      { port: String(port), host },
      { port, host, family: 4 },
    ]) {
      const asked = [];
      await closed(net.connect(counted(asked, values)).resume());
      say('accessors', asked);
    }
    const asked = [];
    await closed(new net.Socket().connect(counted(asked, { port, host })).resume());
    say('accessors of connect()', asked);
    const trapped = [];
    const traps = Object.fromEntries(
      Reflect.ownKeys(Reflect)
        .filter((name) => typeof Reflect[name] === 'function')
        .map((name) => [
          name,
          (target, ...rest) =>
            trapped.push([name, typeof rest[0] === 'object' ? '' : String(rest[0])]) && Reflect[name](target, ...rest),
        ]),
    );
    await closed(net.connect(new Proxy({ port, host }, traps)).resume());
    say('traps', trapped);
    const inherited = Object.create({ port, host });
    const client = net.connect(inherited).resume();
    await closed(client);
    say('inherited', client.bytesRead);
    let converted = 0;
    const odd = { [Symbol.toPrimitive]: () => ++converted };
    for (const value of [odd, { valueOf: () => ++converted }])
      try {
        net.connect({ port: value, host }).on('error', () => {});
      } catch (error) {
        say('a port that is an object', [error.code, converted]);
      }
    try {
      net.connect({
        get port() {
          throw new Error('of the accessor');
        },
        host,
      });
    } catch (error) {
      say('an accessor that throws', error.message);
    }
    server.close();
  },

  /** The application, or another tool in it, puts its own functions in the place of Node's, and takes them away. */
  async patched() {
    const { prototype } = net.Socket;
    const log = [];
    const restored = [];
    for (const name of ['connect', '_destroy', '_final', '_undestroy', 'emit', 'on', 'destroy', 'end']) {
      const had = Object.hasOwn(prototype, name);
      const original = prototype[name];
      prototype[name] = function (...args) {
        log.push(name === 'emit' || name === 'on' ? `${name} ${String(args[0])}` : name);
        return Reflect.apply(original, this, args);
      };
      restored.push(() => {
        if (had) prototype[name] = original;
        else delete prototype[name];
      });
    }
    const ends = await pair();
    await finish(ends);
    say('seen', log.sort());
    for (const restore of restored) restore();
    log.length = 0;
    await finish(await pair());
    say('taken away', [log, Object.keys(prototype)]);
    const own = new net.Socket();
    own.connect = function connect(...args) {
      log.push(`own connect ${args.length}`);
      return Reflect.apply(prototype.connect, this, args);
    };
    own.on('error', () => log.push('error'));
    own.connect(await freePort(), host);
    await closed(own);
    say('of one socket', log);
  },
});
