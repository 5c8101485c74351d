import { internalOf } from './internal.ts';

/** The stream that fetch() fills; its web stream reads it with an iterator, from the first read of the body on. */
interface Body {
  readonly _readableState?: { readonly pipes?: readonly Body[] };
  listenerCount(event: string): number;
  removeAllListeners(event: string): unknown;
  on(event: string, listener: () => void): unknown;
  destroy(error: Error): unknown;
}

/** lib/web/fetch/index.js, dispatch(): what undici tells of the response. `onError` up to Node 24, then `onResponseError`. */
interface Handler {
  readonly body: Body;
  onError?: () => void;
  onResponseError?: () => void;
}

/**
 * Whether the body of the response on this socket can be cut off: nobody has begun to read it. One who has, and stopped,
 * would be handed an error when going on. Reads undici's own objects, by the names that they have in its versions 6 to 8
 * (Node 20 to 26); what looks different is left alone.
 */
export function fetchHarm(socket: object): 'fetch_read' | 'fetch_unknown' | undefined {
  const handler = handlerOf(socket);
  const end = handler && streamsOf(handler.body)?.at(-1);
  if (!end) return 'fetch_unknown';
  return end.listenerCount('readable') + end.listenerCount('data') > 0 ? 'fetch_read' : undefined;
}

/**
 * Has the body fail for whoever reads it from now on, and for nobody else. Were undici to hear that the connection is
 * over, it would fail the web stream at once, and a `Readable.fromWeb()` of that, which nobody has read from, would emit an
 * 'error' that nobody listens to.
 */
export function failWhenRead(socket: object, error: Error): void {
  const handler = handlerOf(socket);
  if (handler === undefined) return;
  if ('onResponseError' in handler) handler.onResponseError = ignored;
  if ('onError' in handler) handler.onError = ignored;
  for (const stream of streamsOf(handler.body) ?? []) {
    stream.removeAllListeners('error');
    stream.on('error', ignored);
    stream.destroy(error);
  }
}

function ignored(): void {}

/** Of fetch(): no other has these. */
function handlerOf(socket: object): Handler | undefined {
  const client = internalOf(socket, 'client');
  if (typeof client !== 'object' || client === null) return undefined;
  const [queue, running] = [internalOf(client, 'queue'), internalOf(client, 'running index')];
  const request: unknown = Array.isArray(queue) && typeof running === 'number' ? queue[running] : undefined;
  const handler = typeof request === 'object' && request !== null ? internalOf(request, 'handler') : undefined;
  if (typeof handler !== 'object' || handler === null) return undefined;
  const isFetch = 'onResponseStarted' in handler && 'abort' in handler && 'body' in handler && handler.body !== null;
  return isFetch && ('onError' in handler || 'onResponseError' in handler) ? (handler as Handler) : undefined;
}

/** A compressed body is piped through what decompresses it; undefined where one of them is no stream. */
function streamsOf(body: Body): Body[] | undefined {
  const streams: Body[] = [];
  for (let next: Body | undefined = body; next !== undefined; next = next._readableState.pipes?.[0]) {
    if (next._readableState === undefined || streams.length === mostStreams) return undefined;
    streams.push(next);
  }
  return streams;
}

const mostStreams = 10;
