import { internalOf } from './internal.ts';

/** undici's client that has this socket, by the names that it has had from Node 20 to 26. */
export interface UndiciClient {
  /** It waits for an answer on this socket; undefined where that does not show. */
  readonly busy: boolean | undefined;
  /** For how long it keeps an idle connection: its own setting, or what the server's Keep-Alive header asked for. */
  readonly keepAliveMs: number | undefined;
}

export function undiciClient(socket: object): UndiciClient | undefined {
  const client = internalOf(socket, 'client');
  if (typeof client !== 'object' || client === null) return undefined;
  const [running, pending] = [internalOf(client, 'running index'), internalOf(client, 'pending index')];
  const known = typeof running === 'number' && typeof pending === 'number';
  const keepAliveMs = internalOf(client, 'keep alive timeout');
  return {
    busy: known ? pending > running : undefined,
    keepAliveMs: typeof keepAliveMs === 'number' && keepAliveMs > 0 ? keepAliveMs : undefined,
  };
}
