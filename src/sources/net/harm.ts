import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { fetchHarm } from './undici-body.ts';

/** Why a leaked socket is not destroyed: what would come of it in the application. */
export type Harm =
  | 'destroyed'
  | 'handshake'
  | 'http2'
  | 'write_pending'
  | 'stream_awaited'
  | 'client_watched'
  | 'no_response'
  | 'message_watched'
  | 'fetch_read'
  | 'fetch_unknown';

/** As far as it is read here. */
interface Watched extends Socket {
  readonly secureConnecting?: boolean;
  /** Of TLS: the socket that was given to it, to be encrypted. */
  readonly _parent?: Watched | null;
  readonly _httpMessage?: HttpMessage | null;
  readonly parser?: { readonly incoming?: object | null } | null;
}

interface HttpMessage {
  readonly res?: object | null;
  readonly req?: object | null;
}

const { listeners } = EventEmitter.prototype;

/**
 * What would come of destroying this socket: undefined where nobody hears of more than its 'close'. A promise that is
 * rejected, or an 'error' without a listener, would end a program that had done no worse than to forget a connection.
 * `byServer`: a server of this process accepted it.
 */
export function harmOf(socket: Socket, byUndici: boolean, byServer: boolean): Harm | undefined {
  const { destroyed, connecting, secureConnecting, _httpMessage: message, parser } = socket as Watched;
  if (destroyed) return 'destroyed';
  if (connecting || secureConnecting === true) return 'handshake';
  if (isOfHttp2(socket)) return 'http2';
  // Whoever gave write() or end() a callback is handed an error.
  if (socket.writableLength > 0 || (socket.writableEnded && !socket.writableFinished)) return 'write_pending';
  const beneath = allBeneath(socket);
  if (isAwaited(socket) || beneath.some(isAwaited)) return 'stream_awaited';
  if (byUndici) return fetchHarm(socket);
  const incoming = parser?.incoming ?? undefined;
  if (message || incoming) return httpHarm(message ?? undefined, incoming);
  // A driver takes the end of its connection for an error, and may have nobody to tell it to.
  return !byServer && (isWatchedClient(socket) || beneath.some(isWatchedBeneath)) ? 'client_watched' : undefined;
}

function isWatchedClient(socket: Socket): boolean {
  return heard(socket, 'close').some(({ name }) => name !== nodesOwn);
}

/** A driver may have listened to the socket before it had it encrypted. TLS listens to its 'close' once itself. */
function isWatchedBeneath(socket: Socket): boolean {
  return heard(socket, 'close').length > 1;
}

function allBeneath(socket: Watched): Socket[] {
  const all: Socket[] = [];
  for (let next = socket._parent; next && !all.includes(next); next = next._parent) all.push(next);
  return all;
}

/**
 * lib/internal/http2/core.js listens by this name, and reads by the handle: the streams of the session are not seen from
 * here. (A listener of the `ws` package has the same name; that reads by 'data'.)
 */
function isOfHttp2(socket: Socket): boolean {
  return heard(socket, 'data').length === 0 && heard(socket, 'close').some(({ name }) => name === 'socketOnClose');
}

/** lib/_tls_wrap.js: every TLS socket has it. */
const nodesOwn = 'onSocketCloseDestroySSL';

/**
 * A request that has no answer yet is told `socket hang up` (lib/_http_client.js, socketCloseListener); a message that
 * was not complete is told ECONNRESET when somebody listens to its 'error' (lib/_http_incoming.js, _destroy).
 */
function httpHarm(message: HttpMessage | undefined, parsed: object | undefined): Harm | undefined {
  if (message && 'agent' in message && !message.res) return 'no_response';
  const incoming = [message?.res, message?.req, parsed].filter((one) => one !== null && one !== undefined);
  if (message && isOutgoingAwaited(message)) return 'stream_awaited';
  if (incoming.some(isAwaited)) return 'stream_awaited';
  if (incoming.some(isWatched)) return 'message_watched';
  // As with a driver: whoever waits for a response may make an error of its end.
  const { res } = message ?? {};
  return res && heard(res, 'close').length > 0 ? 'message_watched' : undefined;
}

function isWatched(incoming: object): boolean {
  return heard(incoming, 'error').length > 0 || heard(incoming, 'aborted').length > 0;
}

/**
 * `pipeline`, `finished`, `for await` and all that Node builds on them (lib/internal/streams/end-of-stream.js): they make
 * an error of a stream that is closed before its end, and hand it to a callback or to a promise.
 */
function isAwaited(stream: object): boolean {
  const closes = heard(stream, 'close');
  // `finished` listens to 'finish', too, under whatever name: a context manager gives every listener one of its own.
  return closes.some(({ name }) => name === 'onclose') || (closes.length > 0 && heard(stream, 'finish').length > 0);
}

/**
 * The same of a request or a response that is written. OpenTelemetry binds each of their listeners to a context, and so
 * hides its name. But hardly anybody else listens for
 * the 'end' of what has none.
 */
function isOutgoingAwaited(message: object): boolean {
  const isWaitedFor = heard(message, 'close').length > 0 && heard(message, 'end').length > 0;
  return isWaitedFor || heard(message, 'close').some(({ name }) => name === 'onclose');
}

/** Node's own method: the application's may count its calls. */
function heard(emitter: object, event: string): readonly { readonly name: string }[] {
  return Reflect.apply(listeners, emitter, [event]) as { name: string }[];
}
