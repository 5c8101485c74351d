import type { ConnectionView } from '../connection/view.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { FindingKind, LeakCause } from './detector.ts';

/** One connection that a detector found, long enough. */
export interface Found {
  readonly kind: FindingKind;
  readonly cause: LeakCause;
  readonly connection: ConnectionView;
}

/** Connections of one kind and cause that come from one place: what becomes a finding. */
export interface Group {
  readonly kind: FindingKind;
  readonly cause: LeakCause;
  readonly connections: ConnectionView[];
}

/**
 * One group per kind, cause and call site. A connection whose call site was not captured goes with those of the same
 * kind and cause that go to the same destination or come in by the same listener; the largest such group takes it.
 */
export function group(found: readonly Found[]): Group[] {
  const groups = new Map<string, Group>();
  const unsampled: Found[] = [];
  for (const one of found) {
    const [site] = one.connection.callSite;
    if (site === undefined) unsampled.push(one);
    else put(groups, `${one.kind}|${one.cause}|${site}`, one);
  }
  const sampled = [...groups.values()];
  for (const one of unsampled) {
    const where = placeOf(one.connection);
    const host = largest(
      sampled.filter(
        (candidate) =>
          candidate.kind === one.kind &&
          candidate.cause === one.cause &&
          candidate.connections.some((connection) => placeOf(connection) === where),
      ),
    );
    if (host) host.connections.push(one.connection);
    else put(groups, `${one.kind}|${one.cause}||${where}`, one);
  }
  return [...groups.values()];
}

/** Where a client's connection goes, or where a server's came in. Of an unknown one either end may be ephemeral. */
export function placeOf({ role, requested, local, peer }: ConnectionView): string {
  if (role === 'client' && requested) return formatEndpoint(requested);
  if (role === 'unknown') return '';
  const end = role === 'server' ? local : peer;
  return end ? formatEndpoint(end) : '';
}

function put(groups: Map<string, Group>, key: string, { kind, cause, connection }: Found): void {
  const known = groups.get(key);
  if (known) known.connections.push(connection);
  else groups.set(key, { kind, cause, connections: [connection] });
}

function largest(groups: readonly Group[]): Group | undefined {
  let best: Group | undefined;
  for (const candidate of groups)
    if (best === undefined || candidate.connections.length > best.connections.length) best = candidate;
  return best;
}
