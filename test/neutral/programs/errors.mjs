// node errors.mjs <name>: how an application ends whose sockets fail.
import { once } from 'node:events';
import net from 'node:net';
import account from './account.cjs';

const { finish, freePort, host, listening, pair, pause, run, say } = account;

for (const name of ['beforeExit', 'exit']) process.on(name, (code) => say(name, code));

/** Both addresses of a name, and nobody at either. */
const twoOfThem = (_name, _options, done) =>
  done(null, [
    { address: host, family: 4 },
    { address: '127.0.0.2', family: 4 },
  ]);

await run({
  async refused() {
    net.connect(await freePort(), host);
  },
  async 'refused, new net.Socket()'() {
    new net.Socket().connect({ port: await freePort(), host });
  },
  async 'refused by two addresses'() {
    net.connect({ port: await freePort(), host: 'both.invalid', lookup: twoOfThem, autoSelectFamily: true });
  },
  async 'refused, and heard'() {
    const socket = net.connect(await freePort(), host).on('error', (error) => say('error', error));
    socket.on('close', (hadError) => say('close', hadError));
    const both = { port: await freePort(), host: 'both.invalid', lookup: twoOfThem, autoSelectFamily: true };
    net.connect(both).on('error', (error) => say('errors', [error, error.errors]));
  },
  async 'no such name'() {
    const lookup = (name, _options, done) => done(Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' }));
    net.connect({ port: 1, host: 'nobody.invalid', lookup });
  },
  async 'thrown in connect'() {
    const server = net.createServer((socket) => socket.end());
    net.connect(await listening(server), host, () => {
      throw new TypeError('in the listener of connect');
    });
  },
  async 'thrown in connection'() {
    const server = net.createServer(() => {
      throw new RangeError('in the listener of connection');
    });
    net.connect(await listening(server), host);
  },
  async 'thrown in data'() {
    const ends = await pair();
    ends.serving.on('data', () => {
      throw new Error('in the listener of data');
    });
    ends.client.end('hello');
  },
  async 'thrown in close'() {
    const ends = await pair();
    ends.client.on('close', () => {
      throw new Error('in the listener of close');
    });
    ends.client.destroy();
  },
  async 'thrown in lookup'() {
    const lookup = () => {
      throw new Error('in the lookup');
    };
    net.connect({ port: 1, host: 'thrown.invalid', lookup });
  },
  async 'rejected after connect'() {
    await finish(await pair());
    Promise.reject(new Error('that nobody handles'));
  },
  async 'destroyed with an error'() {
    const ends = await pair();
    ends.client.destroy(new Error('of the application'));
  },
  async 'caught in the end'() {
    process.on('uncaughtExceptionMonitor', (error, origin) => say('monitor', [error.code, origin]));
    let caught = 0;
    process.on('uncaughtException', (error, origin) => say('caught', [error, origin, ++caught]));
    net.connect(await freePort(), host);
    const ends = await pair();
    ends.client.on('data', () => {
      throw new Error('the second');
    });
    ends.serving.end('hello');
    while (caught < 2) await pause(10);
    ends.server.close();
    ends.client.destroy();
  },
  async 'an exit code of its own'() {
    process.exitCode = 7;
    await finish(await pair());
  },
  async 'process.exit() in close'() {
    const ends = await pair();
    ends.client.on('close', () => process.exit(5));
    ends.client.destroy();
  },
  async 'a signal'() {
    await pair();
    process.kill(process.pid, 'SIGTERM');
  },
  async 'a signal that is heard'() {
    const ends = await pair();
    process.once('SIGTERM', (name) => {
      say('signal', name);
      void finish(ends);
    });
    process.kill(process.pid, 'SIGTERM');
    await once(ends.server, 'close');
  },
  async 'never settled'() {
    const ends = await pair();
    for (const one of Object.values(ends)) one.unref();
    await new Promise(() => {});
  },
  async 'written after the end'() {
    const ends = await pair();
    ends.client.end();
    ends.client.write('late');
  },
  async 'reset by the peer'() {
    const ends = await pair();
    ends.serving.resetAndDestroy();
  },
  async 'wrong arguments'() {
    const socket = () => new net.Socket();
    const wrong = {
      'no port': (s) => s.connect({}),
      'no argument': (s) => s.connect(),
      'port 99999': (s) => s.connect(99999, host),
      'port -1': (s) => s.connect({ port: -1, host }),
      'port of a wrong type': (s) => s.connect({ port: {}, host }),
      'a symbol for a port': (s) => s.connect({ port: Symbol('port'), host }),
      'a bigint for a port': (s) => s.connect({ port: 1n, host }),
      'port null': (s) => s.connect({ port: null, host }),
      'host of a wrong type': (s) => s.connect({ port: 1, host: 7 }),
      'lookup of a wrong type': (s) => s.connect({ port: 1, host: 'a.invalid', lookup: 7 }),
      'localAddress of a wrong type': (s) => s.connect({ port: 1, host, localAddress: 'nowhere' }),
      'localPort of a wrong type': (s) => s.connect({ port: 1, host, localPort: 'x' }),
      'path of a wrong type': (s) => s.connect({ path: 7 }),
      null: (s) => s.connect(null),
      'an array': (s) => s.connect([{ port: 1 }]),
    };
    for (const [name, act] of Object.entries(wrong)) {
      const one = socket();
      one.on('error', (error) => say(`${name}, emitted`, error));
      try {
        say(name, act(one) === one);
      } catch (error) {
        say(name, [error, error.stack.split('\n')[0]]);
      }
      one.destroy();
    }
  },
});
