// The other end of a fault: servers with one habit each, and clients that come when they are told. Not watched.
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answering } from './answering.ts';
import type { Visit } from './fault.ts';
import { host, listening } from './listening.ts';
import { answer } from './upstream/answer.ts';

/** Where each of them listens. */
export interface PeerPorts {
  /** HTTP: `Connection: close`, and any number of bytes. */
  readonly closing: number;
  /** HTTP by hand: keeps connections for ever; a FIN is answered. */
  readonly polite: number;
  /** The same, and says that it keeps them for a second. */
  readonly hinting: number;
  /** The same, and wants each closed. */
  readonly lastTime: number;
  /** Answers nothing, ever. */
  readonly silent: number;
  /** Closes a connection when it was idle for 200 ms, and does not say so. */
  readonly racing: number;
  /** Reads, and never finishes its side. */
  readonly open: number;
  /** Reads nothing. */
  readonly deaf: number;
  /** Says a word, and finishes its side. */
  readonly leaving: number;
  /** Sends a megabyte, and reads what comes. */
  readonly talking: number;
}

const raceMs = 200;

/** HTTP that is the same on every version of Node. */
function byHand(headers: string, then: (socket: Socket) => NodeJS.Timeout | undefined = () => undefined) {
  return createServer((socket) => {
    let timer: NodeJS.Timeout | undefined;
    socket.on('error', () => {});
    socket.on('data', () => {
      clearTimeout(timer);
      socket.write(`HTTP/1.1 200 OK\r\n${headers}Content-Length: 2\r\n\r\nok`);
      timer = then(socket);
    });
  });
}

async function listen(): Promise<PeerPorts> {
  const everywhere = { host: '0.0.0.0', backlog: 1024 };
  const closing = createHttpServer((request, response) => {
    response.setHeader('connection', 'close');
    void answer(request, response);
  });
  const raw = (habit: (socket: Socket) => unknown, options = {}) =>
    listening(
      createServer({ allowHalfOpen: true, ...options }, (socket) => void habit(socket.on('error', () => {}))),
      everywhere,
    );
  return {
    closing: await listening(closing),
    polite: await listening(byHand('Connection: keep-alive\r\n'), everywhere),
    hinting: await listening(byHand('Connection: keep-alive\r\nKeep-Alive: timeout=1\r\n'), everywhere),
    lastTime: await listening(byHand('Connection: close\r\n'), everywhere),
    silent: await raw((socket) => socket.resume(), { allowHalfOpen: false }),
    racing: await listening(byHand('', (socket) => setTimeout(() => socket.destroy(), raceMs))),
    open: await raw((socket) => socket.resume()),
    deaf: await raw(() => {}, { pauseOnConnect: true }),
    leaving: await raw((socket) => socket.resume().end('bye')),
    talking: await raw((socket) => socket.resume().write(Buffer.alloc(8_000_000))),
  };
}

async function visit({ port, times, atOnce = times, pauseMs = 0, text, bytes, fin }: Visit): Promise<void> {
  for (let n = 0; n < times; n++) {
    const socket = connect({ port, host, allowHalfOpen: fin ?? false });
    socket.on('error', () => {}).resume();
    if (text !== undefined) socket.write(text);
    if (bytes !== undefined) socket.write(Buffer.alloc(bytes));
    if (fin) socket.end();
    if ((n + 1) % atOnce === 0) await sleep(pauseMs);
  }
}

await answering({ listen, visit });
