import { once } from 'node:events';
import { Agent, createServer, get, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import { type Fault, keep, type Visit } from '../fault.ts';
import { host, listening } from '../listening.ts';

/** What Node's parser takes in by itself is no leak; this is more, and less than what the kernel holds. */
const medium = 150_000;
const large = 8_000_000;
/** A body of which Node's parser takes the first 64 kB, and the kernel the rest. */
const uploaded = 100_000;
const times = 2;

async function fetched(port: number, bytes: number): Promise<undefined> {
  for (let n = 0; n < times; n++) keep(await fetch(`http://${host}:${port}/bytes/${bytes}`));
}

async function asked(port: number, bytes: number): Promise<undefined> {
  const agent = keep(new Agent({ keepAlive: true }));
  for (let n = 0; n < times; n++) keep(await once(get({ host, port, agent, path: `/bytes/${bytes}` }), 'response'));
}

/** An HTTP server of the service; somebody comes with that request, and is done. */
async function visited(server: Server, visit: Omit<Visit, 'port'>): Promise<Visit> {
  return { port: await listening(keep(server)), fin: true, ...visit };
}

function upload(bytes: number): Promise<Visit> {
  const app = express();
  app.post('/', () => {});
  const text = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`;
  return visited(createServer(app), { times, text, bytes });
}

function upgraded(treat: (socket: Socket) => unknown, bytes: number): Promise<Visit> {
  const server = createServer();
  server.on('upgrade', (_request, socket: Socket) => {
    keep(socket)
      .on('error', () => {})
      .write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    treat(socket);
  });
  return visited(server, {
    times,
    text: 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    bytes,
  });
}

function halfOpen(): Promise<Visit> {
  const streaming: RequestListener = (_request, response) => void keep(response).write('one\n');
  // Undocumented, and in use: a client that has finished its side gets its answer all the same.
  const server = Object.assign(createServer(streaming), { httpAllowHalfOpen: true });
  return visited(server, { times, text: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' });
}

/** Requests and answers that are forgotten. */
export const httpFaults: Readonly<Record<string, Fault>> = {
  'fetch-body': {
    kind: 'close_wait_leak',
    cause: 'fetch_body_not_consumed',
    plant: ({ closing }) => fetched(closing, medium),
  },
  'fetch-body-large': {
    kind: 'unread_data',
    cause: 'fetch_body_not_consumed',
    plant: ({ closing }) => fetched(closing, large),
  },
  'http-response': {
    kind: 'close_wait_leak',
    cause: 'http_response_not_consumed',
    plant: ({ closing }) => asked(closing, medium),
  },
  'http-response-large': {
    kind: 'unread_data',
    cause: 'http_response_not_consumed',
    plant: ({ closing }) => asked(closing, large),
  },
  'upload-not-read': {
    kind: 'close_wait_leak',
    cause: 'http_request_body_not_consumed',
    plant: () => upload(uploaded),
  },
  'upload-not-read-large': { kind: 'unread_data', cause: 'http_request_body_not_consumed', plant: () => upload(large) },
  'upgrade-forgotten': {
    kind: 'close_wait_leak',
    cause: 'upgrade_forgotten',
    plant: () => upgraded((socket) => socket.resume(), 10),
  },
  'upgrade-forgotten-large': {
    kind: 'unread_data',
    cause: 'upgrade_forgotten',
    plant: () => upgraded(() => {}, large),
  },
  'half-open-response': { kind: 'close_wait_leak', cause: 'http_half_open_response', plant: halfOpen },
};
