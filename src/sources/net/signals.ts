import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import type { HttpSignals, SocketSignals } from '../../connection/observation.ts';
import type { Entry } from './entry.ts';
import { internalOf } from './internal.ts';
import type { Requests } from './requests.ts';

/** The parts of Node's streams, sockets and HTTP messages that tell why a connection is stuck; read, never written. */
interface Inspected extends Socket {
  readonly _readableState?: { readonly ended?: boolean; readonly pipes?: readonly PipeTarget[] };
  readonly _httpMessage?: HttpMessage | null;
  readonly parser?: { readonly incoming?: Incoming | null } | null;
  readonly server?: (Server & { readonly pauseOnConnect?: boolean }) | null;
}

interface PipeTarget {
  readonly constructor?: { readonly name?: string };
  readonly writableNeedDrain?: boolean;
}

interface Incoming {
  readonly complete?: boolean;
  readonly _readableState?: { readonly pipes?: readonly unknown[] };
}

interface HttpMessage {
  readonly method?: string;
  readonly path?: string;
  readonly res?: Incoming | null;
  readonly req?: Incoming & { readonly method?: string; readonly url?: string };
}

const { listeners } = EventEmitter.prototype;

/** Reads what JavaScript knows of a socket, at the moment of looking. Calls nothing that has an effect. */
export function readSignals(entry: Entry, outermost: Socket, requests: Requests): SocketSignals {
  const socket = outermost as Inspected;
  const state = socket._readableState;
  const [target] = state?.pipes ?? [];
  // Node's own method: the application's may count its calls.
  const readable = Reflect.apply(listeners, socket, ['readable']) as { name: string }[];
  return {
    destroyed: socket.destroyed,
    reading: entry.handle.reading === true,
    readableEnded: socket.readableEnded,
    endQueued: state?.ended === true,
    readableLength: socket.readableLength,
    readableFlowing: socket.readableFlowing,
    writableEnded: socket.writableEnded,
    writableFinished: socket.writableFinished,
    writableLength: socket.writableLength,
    allowHalfOpen: socket.allowHalfOpen,
    bytesRead: entry.bytesRead,
    bytesWritten: entry.handle.bytesWritten,
    pipes: state?.pipes?.length ?? 0,
    pipeTarget: target && { name: target.constructor?.name ?? '', needsDrain: target.writableNeedDrain === true },
    hasDataListener: Reflect.apply(listeners, socket, ['data']).length > 0,
    hasReadableListener: readable.length > 0,
    // lib/internal/streams/readable.js, createAsyncIterator: `next` up to Node 24, `wakeup` from 26.
    iterating: readable.some(({ name }) => name === 'next' || name === 'wakeup'),
    hasOnread: typeof internalOf(socket, 'kBufferCb') === 'function',
    pausedOnConnect: socket.server?.pauseOnConnect === true,
    http: httpSignals(socket, requests),
  };
}

function httpSignals(socket: Inspected, requests: Requests): HttpSignals | undefined {
  if (requests.isUndici(socket)) return fetchSignals(socket, requests);
  if (isHttpServer(socket.server)) return serverSignals(socket);
  const request = socket._httpMessage;
  return request ? clientSignals(socket, request) : undefined;
}

/** undici keeps its parser and client under symbols of its own, and lets go of both when it hands an upgrade over. */
function fetchSignals(socket: Inspected, requests: Requests): HttpSignals {
  const request = requests.undiciRequest(socket);
  return {
    side: 'fetch',
    parsing: internalOf(socket, 'parser') !== null,
    busy: request !== undefined,
    incomingComplete: false,
    request: request && label(request.method, request.path),
    piped: false,
  };
}

function serverSignals(socket: Inspected): HttpSignals {
  const request = socket._httpMessage?.req;
  const incoming = socket.parser?.incoming ?? request;
  return {
    side: 'server',
    parsing: Boolean(socket.parser),
    busy: Boolean(socket._httpMessage),
    incomingComplete: incoming?.complete === true,
    request: request && label(request.method, request.url),
    piped: isPiped(incoming),
  };
}

function clientSignals(socket: Inspected, request: HttpMessage): HttpSignals {
  const incoming = request.res ?? socket.parser?.incoming;
  return {
    side: 'client',
    parsing: Boolean(socket.parser),
    busy: true,
    incomingComplete: incoming?.complete === true,
    request: label(request.method, request.path),
    piped: isPiped(incoming),
  };
}

/** node:http and node:https servers have it; loading either to ask `instanceof` would cost every process that has none. */
function isHttpServer(server: object | null | undefined): boolean {
  return server !== null && server !== undefined && 'httpAllowHalfOpen' in server;
}

function isPiped(incoming: Incoming | null | undefined): boolean {
  return (incoming?._readableState?.pipes?.length ?? 0) > 0;
}

/** `POST /upload`: without the query, which may hold what nobody is to read. */
export function label(method: string | undefined, path: string | undefined): string | undefined {
  if (method === undefined || path === undefined) return undefined;
  return `${method} ${path.split('?', 1)[0]}`;
}
