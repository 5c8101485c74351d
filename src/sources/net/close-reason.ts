import type { Socket } from 'node:net';
import type { CloseReason } from '../../connection/census.ts';
import { internalOf } from './internal.ts';
import { serverOf } from './node-socket.ts';
import { plainValue } from './plain-value.ts';
import type { UndiciRequest } from './requests.ts';

/**
 * Why Node is about to close this socket, as its HTTP client or server shows at that moment. A connection of neither is
 * closed by whoever has it.
 */
export function closeReason(socket: Socket): CloseReason {
  const { _httpMessage: message } = socket as { _httpMessage?: object | null };
  if (message === undefined || message === null) {
    const server = serverOf(socket);
    // A server of node:net has none, and is asked for nothing else.
    if (server === undefined)
      return message === null && isTimedOut(socket) ? 'short_keep_alive_timeout' : 'closed_by_app';
    return 'keepAliveTimeout' in server ? serverReason(socket) : 'closed_by_app';
  }
  return 'agent' in message ? clientReason(message) : 'closed_by_app';
}

/**
 * lib/_http_server.js: a socket is idle from resOnFinish on, until socketOnTimeout destroys it; where its connection is
 * not to be kept, resOnFinish ends it. One that was upgraded has no parser any more, and belongs to the application.
 */
function serverReason(socket: Socket): CloseReason {
  if (!plainValue(socket, 'parser')) return 'closed_by_app';
  if (isTimedOut(socket)) return 'short_keep_alive_timeout';
  return socket.writableEnded ? 'connection_close' : 'closed_by_app';
}

/**
 * lib/_http_client.js, responseOnEnd: a connection that is not to be kept is ended with the answer. Else the request is
 * closed and its agent asked (lib/_http_agent.js, 'free'), which destroys what it does not want to keep.
 */
function clientReason(request: object): CloseReason {
  const response = plainValue(request, 'res');
  const answered = plainValue(response, 'complete') === true && plainValue(response, 'aborted') !== true;
  if (!answered || plainValue(request, '_ended') !== true) return 'aborted_requests';
  const agent = plainValue(request, 'agent');
  if (plainValue(agent, 'keepAlive') !== true) return 'no_keep_alive';
  if (plainValue(request, 'shouldKeepAlive') !== true) return 'connection_close';
  // Between its end and the agent's decision only the application can have done it.
  if (plainValue(request, '_closed') !== true) return 'closed_by_app';
  return isHintTooShort(response) ? 'short_keep_alive_timeout' : 'small_pool';
}

/** `Keep-Alive: timeout=1`, in seconds: the agent subtracts one, and keeps nothing for 0. */
function isHintTooShort(response: unknown): boolean {
  const headers = plainValue(response, 'rawHeaders');
  if (!Array.isArray(headers)) return false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name, value]: unknown[] = [headers[i], headers[i + 1]];
    if (typeof name !== 'string' || name.length !== 10 || name.toLowerCase() !== 'keep-alive') continue;
    const seconds = /^timeout=(\d+)/.exec(String(value))?.[1];
    return seconds !== undefined && Number(seconds) <= 1;
  }
  return false;
}

/**
 * undici (lib/dispatcher/client-h1.js) destroys its sockets with an error that says why. `reset`: it will not put another
 * request on this one, because either side asked for that, or because the server keeps it too briefly.
 */
export function undiciReason(socket: Socket, error: unknown, last: UndiciRequest | undefined): CloseReason {
  const code = plainValue(error, 'code');
  if (code === 'UND_ERR_INFO') {
    const message = plainValue(error, 'message');
    if (message === 'socket idle timeout') return 'short_keep_alive_timeout';
    if (message === 'aborted') return 'aborted_requests';
    if (message !== 'reset') return 'unknown';
    if (last?.reset) return 'connection_close';
    const kept = plainValue(internalOf(socket, 'parser'), 'shouldKeepAlive');
    return kept === true ? 'short_keep_alive_timeout' : kept === undefined ? 'unknown' : 'connection_close';
  }
  if (abortions.has(code)) return 'aborted_requests';
  return error === null || error === undefined || closures.has(code) ? 'closed_by_app' : 'unknown';
}

const abortions: ReadonlySet<unknown> = new Set([
  'UND_ERR_ABORTED',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ABORT_ERR',
]);
const closures: ReadonlySet<unknown> = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED']);

let timeoutSymbol: symbol | undefined;

/**
 * It is destroyed from within its own time-out: lib/internal/timers.js takes a timer out of its list and then calls it.
 * One that was cleared has no callback any more.
 */
function isTimedOut(socket: Socket): boolean {
  timeoutSymbol ??= Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'timeout');
  if (timeoutSymbol === undefined) return false;
  const timer: unknown = Object.getOwnPropertyDescriptor(socket, timeoutSymbol)?.value;
  return typeof plainValue(timer, '_onTimeout') === 'function' && plainValue(timer, '_idleNext') === null;
}
