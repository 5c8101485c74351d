// node flow.mjs <name>: bytes on their way, with every kind of reader and writer.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { finished, PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import account from './account.cjs';

const { closed, finish, host, listening, pair, pause, run, say, sequence } = account;
const large = Buffer.alloc(3_000_000, 'the quick brown fox ');
const digest = (hash) => hash.digest('hex').slice(0, 12);

await run({
  async large() {
    const server = net.createServer((socket) => pipeline(socket, new PassThrough(), socket).catch(() => {}));
    const client = net.connect(await listening(server), host);
    const sent = Readable.from([large.subarray(0, 1_000_000), large.subarray(1_000_000)]);
    const hash = createHash('sha1');
    let bytes = 0;
    const drains = sequence(client, ['drain']);
    const reading = (async () => {
      for await (const piece of client) {
        bytes += piece.length;
        hash.update(piece);
      }
    })();
    await Promise.all([pipeline(sent, client, { end: true }), reading]);
    say('echoed', [
      bytes === large.length,
      digest(hash),
      digest(createHash('sha1').update(large)),
      client.bytesRead === bytes,
      drains.length > 0,
    ]);
    server.close();
    await closed(server);
  },

  async 'back pressure'() {
    const ends = await pair();
    ends.serving.pause();
    for (let room = true; room; ) room = ends.client.write(large);
    const { writableNeedDrain, writableLength } = ends.client;
    say('full', [writableNeedDrain, writableLength > 0, ends.client.listenerCount('drain')]);
    await pause(120);
    say('paused', [
      ends.serving.isPaused(),
      ends.serving.bytesRead < ends.client.bytesWritten,
      ends.client.writableNeedDrain,
    ]);
    const drained = once(ends.client, 'drain');
    ends.serving.resume();
    await drained;
    say('drained', [ends.client.writableLength, ends.client.writableNeedDrain]);
    await finish(ends);
  },

  async onread() {
    const server = net.createServer((socket) => socket.end('hello, world'));
    const heard = [];
    const options = {
      port: await listening(server),
      host,
      onread: { buffer: Buffer.alloc(5), callback: (count, buffer) => heard.push(String(buffer.subarray(0, count))) },
    };
    const client = net.connect(options);
    await closed(client);
    say('heard', [heard.join(''), client.bytesRead, client.listenerCount('data')]);
    server.close();
  },

  async readers() {
    const ends = await pair();
    ends.client.setEncoding('utf8');
    ends.serving.write('one');
    const [first] = await once(ends.client, 'data');
    ends.client.pause();
    ends.serving.write('two');
    await pause(60);
    say('paused', [first, ends.client.readableLength, ends.client.readableFlowing]);
    ends.client.unshift('and ');
    ends.client.resume();
    let rest = '';
    ends.client.on('data', (text) => (rest += text));
    ends.serving.cork();
    for (const text of [' three', ' four']) ends.serving.write(text);
    ends.serving.uncork();
    ends.serving.end();
    await once(ends.client, 'end');
    say('rest', rest);
    const over = new Promise((done) => finished(ends.client, (error) => done(error ?? 'finished')));
    ends.client.end();
    say('finished', await over);
    ends.server.close();
  },

  async transformed() {
    const ends = await pair();
    const upper = new Transform({ transform: (bytes, _encoding, done) => done(null, String(bytes).toUpperCase()) });
    const piped = pipeline(ends.serving, upper, ends.serving, { end: true });
    ends.client.setEncoding('utf8').end('shout');
    let heard = '';
    for await (const text of ends.client) heard += text;
    await piped;
    say('heard', [heard, ends.serving.destroyed, ends.serving.listenerCount('error'), ends.client.destroyed]);
    ends.server.close();
    const web = await pair();
    web.serving.resume().end('to the web');
    let back = '';
    for await (const piece of Readable.toWeb(web.client)) back += Buffer.from(piece);
    say('web', [back, web.client.readableEnded]);
    web.client.end();
    web.server.close();
  },

  /** A leak that is found: the socket stays as the application left it. */
  async leaks() {
    const kept = [];
    const asked = [];
    const server = net.createServer((socket) => {
      for (const name of ['listeners', 'listenerCount', 'eventNames', 'rawListeners'])
        socket[name] = (...args) => asked.push(name) && Reflect.apply(net.Socket.prototype[name], socket, args);
      kept.push(socket.pause());
    });
    const port = await listening(server);
    const paused = net.connect(port, host).end('never read');
    const half = await pair({ allowHalfOpen: true });
    half.client.end('read, and never answered');
    half.serving.resume();
    paused.resume();
    asked.length = 0;
    await pause(700);
    say('asked', asked);
    for (const socket of [kept[0], half.serving]) {
      const { readableFlowing, readableLength, bytesRead, destroyed, readyState, readableEnded, writableEnded } =
        socket;
      const names = socket.eventNames().map((name) => [name, socket.listenerCount(name)]);
      say('leak', [
        readableFlowing,
        readableLength,
        bytesRead,
        destroyed,
        readyState,
        readableEnded,
        writableEnded,
        socket.isPaused(),
        names,
      ]);
    }
    let heard = '';
    kept[0].setEncoding('utf8').on('data', (text) => (heard += text));
    kept[0].resume();
    await closed(kept[0]);
    say('heard in the end', heard);
    half.serving.end();
    half.client.resume();
    server.close();
    half.server.close();
  },
});
