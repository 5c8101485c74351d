import { BlockList, isIP } from 'node:net';
import type { Lifecycle } from './connection/lifecycle.ts';
import type { Endpoint } from './tcp/endpoint.ts';

/** One entry of option `ignore`, understood. */
export type Ignored =
  | { readonly kind: 'endpoint'; readonly host: string | undefined; readonly port: number }
  | { readonly kind: 'network'; readonly address: string; readonly family: 'ipv4' | 'ipv6'; readonly prefix: number };

/**
 * `collector.internal:4318`, `[::1]:4318`, `:9464`, `10.0.0.0/8`, `fd00::/8`, or an address alone; undefined for
 * anything else.
 */
export function parseIgnored(text: string): Ignored | undefined {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version !== 0) {
    const longest = version === 4 ? 32 : 128;
    const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (more.length > 0 || !(length <= longest)) return undefined;
    return { kind: 'network', address, family: version === 4 ? 'ipv4' : 'ipv6', prefix: length };
  }
  const match = /^(?:\[([^\]]+)\]|([^\s:/[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const bracketed = match?.[1];
  if (!(port >= 1 && port <= 65535) || (bracketed !== undefined && isIP(bracketed) !== 6)) return undefined;
  return { kind: 'endpoint', host: (bracketed ?? match?.[2])?.toLowerCase() || undefined, port };
}

/**
 * Whether a connection is one that the application wants to hear nothing of. `host:port` and `:port` mean the serving
 * end: where a client goes to, by name or address, or where a server listens; a network means the peer.
 */
export function ignoring(list: readonly string[]): ((connection: Ends) => boolean) | undefined {
  const endpoints: { host: string | undefined; port: number }[] = [];
  const networks = new BlockList();
  let hasNetworks = false;
  for (const text of list) {
    const ignored = parseIgnored(text);
    if (ignored?.kind === 'endpoint') endpoints.push(ignored);
    else if (ignored) {
      networks.addSubnet(ignored.address, ignored.prefix, ignored.family);
      hasNetworks = true;
    }
  }
  if (list.length === 0) return undefined;
  return (connection) => {
    const served = servingEnds(connection);
    if (endpoints.some(({ host, port }) => served.some((end) => end.port === port && isHost(end, host)))) return true;
    const peer = connection.id.tuple?.peer.address;
    if (peer === undefined || !hasNetworks) return false;
    return networks.check(peer, isIP(peer) === 6 ? 'ipv6' : 'ipv4');
  };
}

/** The same, for a place that clients go to, and the name that the application has for it. */
export function ignoringDestinations(
  list: readonly string[],
): ((peer: Endpoint, requested: Endpoint | undefined) => boolean) | undefined {
  const ignores = ignoring(list);
  return ignores && ((peer, requested) => ignores({ role: 'client', requested, id: { tuple: { local: peer, peer } } }));
}

type Ends = Pick<Lifecycle, 'role' | 'requested' | 'id'>;

/** Of a connection first seen half-way either end may be the serving one. */
function servingEnds({ role, requested, id }: Ends): readonly Endpoint[] {
  const { local, peer } = id.tuple ?? {};
  const ends = role === 'server' ? [local] : role === 'client' ? [requested, peer] : [local, peer];
  return ends.filter((end) => end !== undefined);
}

function isHost({ address }: Endpoint, host: string | undefined): boolean {
  return host === undefined || address.toLowerCase() === host;
}
