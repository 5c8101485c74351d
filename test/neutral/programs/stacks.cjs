// node stacks.cjs <name>: the stacks of errors, and what an application does to the class Error.
'use strict';
const net = require('node:net');
const { once } = require('node:events');
const { closed, finish, freePort, host, listening, pair, pause, run, say } = require('./account.cjs');

const inPlace = (stack) => String(stack).replace(/\(?(?:file:\/\/)?\/[^\s)]*\/(programs\/[^\s):]+)/g, '($1');
const errorIn = (socket) => new Promise((failed) => socket.once('error', failed));

run({
  async 'of what fails later'() {
    const port = await freePort();
    say('refused', inPlace((await errorIn(net.connect(port, host))).stack));
    say('refused, by new net.Socket()', inPlace((await errorIn(new net.Socket().connect({ port, host }))).stack));
    say('refused, by name', inPlace((await errorIn(net.connect({ port, host: 'localhost', family: 4 }))).stack));
    const server = net.createServer((socket) => {
      say('connection', inPlace(new Error('in connection').stack));
      socket.resume().on('end', () => say('end', inPlace(new Error('in end').stack)));
    });
    const client = net.connect(await listening(server), host, () =>
      say('connect', inPlace(new Error('in connect').stack)),
    );
    client.on('close', () => say('close', inPlace(new Error('in close').stack)));
    await once(client, 'connect');
    client.end();
    await closed(client.resume());
    const taken = net.createServer();
    say('EADDRINUSE', inPlace((await errorIn(taken.listen(server.address().port, host))).stack));
    server.close();
    const ends = await pair();
    ends.serving.resetAndDestroy();
    say('ECONNRESET', inPlace((await errorIn(ends.client)).stack));
    ends.server.close();
  },

  /** Here the call itself is on the way: whoever stands in it shows. */
  'of what is thrown at once'() {
    for (const options of [{ port: 99999 }, {}, { port: 1, host: 7 }])
      try {
        new net.Socket().connect(options);
      } catch (error) {
        say('thrown', inPlace(error.stack));
      }
  },

  async 'a stack trace limit'() {
    const limits = [0, 1, 3, 10, 100, Number.POSITIVE_INFINITY, 'seven', undefined];
    for (const limit of limits) {
      Error.stackTraceLimit = limit;
      const ends = await pair();
      await finish(ends);
      await errorIn(net.connect(await freePort(), host));
      say(`limit ${limit}`, [
        Error.stackTraceLimit === limit,
        new Error('x').stack === undefined ? 0 : new Error('x').stack.split('\n').length,
      ]);
    }
    delete Error.stackTraceLimit;
    await finish(await pair());
    say('deleted', Object.hasOwn(Error, 'stackTraceLimit'));
    let asked = 0;
    Object.defineProperty(Error, 'stackTraceLimit', {
      configurable: true,
      get: () => ++asked && 10,
      set: () => ++asked,
    });
    const before = asked;
    await finish(await pair());
    say('an accessor', [before, asked - before > 0 ? 'asked' : 'left alone']);
  },

  async prepareStackTrace() {
    const prepared = [];
    Error.prepareStackTrace = (error, frames) => {
      prepared.push(error.message);
      return frames;
    };
    await finish(await pair());
    await pause(1200);
    const { stack } = new Error('mine');
    say('prepared', [
      prepared,
      Array.isArray(stack),
      Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace').enumerable,
    ]);
    Error.prepareStackTrace = undefined;
    say('taken away', typeof new Error('mine').stack);
  },

  async captureStackTrace() {
    let calls = 0;
    const original = Error.captureStackTrace;
    Error.captureStackTrace = function captureStackTrace(...args) {
      calls++;
      return Reflect.apply(original, this, args);
    };
    await finish(await pair());
    const ends = await pair();
    ends.client.destroy();
    ends.server.close();
    say('captured', calls);
    Error.captureStackTrace = () => {
      throw new Error('broken');
    };
    await finish(await pair()).catch((error) => say('broke', error));
    Error.captureStackTrace = original;
  },

  async 'a frozen Error'() {
    Object.freeze(Error);
    await finish(await pair());
    say('refused', inPlace((await errorIn(net.connect(await freePort(), host))).stack));
  },

  /** connect() at the end of the stack: it is the application's RangeError, and the next one works. */
  async 'no stack left'() {
    const server = net.createServer((socket) =>
      socket
        .resume()
        .on('error', () => {})
        .end(),
    );
    const port = await listening(server);
    const caught = new Map();
    const dig = (depth) => {
      try {
        return dig(depth + 1);
      } catch (error) {
        caught.set(error.name, true);
        try {
          return net
            .connect(port, host)
            .on('error', () => {})
            .resume();
        } catch (again) {
          caught.set(again.name, true);
          throw again;
        }
      }
    };
    const client = dig(0);
    await closed(client);
    say('caught', [...caught.keys()]);
    await finish(await pair());
    say('after it', Error.stackTraceLimit);
    server.close();
  },
});
