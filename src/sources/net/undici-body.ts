import { internalOf } from './internal.ts';

/** The stream that fetch() fills; its web stream reads it with an iterator, from the first read of the body on. */
interface Body {
  readonly _readableState?: { readonly pipes?: readonly Body[] };
  listenerCount?(event: string): number;
}

/**
 * Whether the body of the response on this socket can be cut off: nobody has begun to read it. One who has, and stopped,
 * would be handed an error when going on. Reads undici's own objects, by the names that they have in its versions 6 to 8
 * (Node 20 to 26); what looks different is left alone.
 */
export function fetchHarm(socket: object): 'fetch_read' | 'fetch_unknown' | undefined {
  const client = internalOf(socket, 'client');
  if (typeof client !== 'object' || client === null) return 'fetch_unknown';
  const [queue, running] = [internalOf(client, 'queue'), internalOf(client, 'running index')];
  const request: unknown = Array.isArray(queue) && typeof running === 'number' ? queue[running] : undefined;
  if (typeof request !== 'object' || request === null) return 'fetch_unknown';
  const handler = internalOf(request, 'handler');
  // lib/web/fetch/index.js, dispatch(): no other handler has these three.
  if (typeof handler !== 'object' || handler === null) return 'fetch_unknown';
  if (!('onResponseStarted' in handler) || !('abort' in handler) || !('body' in handler)) return 'fetch_unknown';
  const body = handler.body as Body | null;
  const end = body && endOf(body);
  if (!end || typeof end.listenerCount !== 'function') return 'fetch_unknown';
  return end.listenerCount('readable') + end.listenerCount('data') > 0 ? 'fetch_read' : undefined;
}

/** A compressed body is piped through what decompresses it. */
function endOf(body: Body): Body | undefined {
  let end: Body = body;
  for (let most = 10; most > 0; most--) {
    if (end._readableState === undefined) return undefined;
    const [next] = end._readableState.pipes ?? [];
    if (next === undefined) return end;
    end = next;
  }
  return undefined;
}
