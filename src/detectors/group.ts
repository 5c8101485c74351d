import type { ConnectionView } from '../connection/view.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Cause, FindingKind } from './kinds.ts';
import { atOnce, type Steps } from './steps.ts';

/** One connection that a detector found, long enough. */
export interface Found {
  readonly kind: FindingKind;
  readonly cause: Cause;
  readonly connection: ConnectionView;
}

/** Connections of one kind and cause that come from one place: what becomes a finding. */
export interface Group {
  readonly kind: FindingKind;
  readonly cause: Cause;
  readonly connections: ConnectionView[];
}

/** So many groups without a call site are kept apart by destination, for each kind and cause; the rest is one. */
const mostPlaces = 10;

/**
 * One group per kind, cause and call site. A connection whose call site was not captured goes with those of the same
 * kind and cause that go to the same destination or come in by the same listener; the largest such group takes it.
 */
export function group(found: readonly Found[]): Group[] {
  return atOnce(grouping(found));
}

/** The same, step by step. */
export function* grouping(found: readonly Found[]): Steps<Group[]> {
  const groups = new Map<string, Group>();
  const unsampled: Found[] = [];
  for (const one of found) {
    const [site] = one.connection.callSite;
    if (site === undefined) unsampled.push(one);
    else put(groups, `${one.kind}|${one.cause}|${site}`, one);
    yield;
  }
  const hosts = yield* hostsOf(groups.values());
  const apart = new Map<string, Group>();
  for (const one of unsampled) {
    const key = `${one.kind}|${one.cause}|${placeOf(one.connection)}`;
    const host = hosts.get(key);
    if (host) host.connections.push(one.connection);
    else put(apart, key, one);
    yield;
  }
  return [...groups.values(), ...(yield* fewer([...apart.values()]))];
}

/** The largest group with a call site for each kind, cause and place: the one that takes those without. */
function* hostsOf(groups: Iterable<Group>): Steps<Map<string, Group>> {
  const hosts = new Map<string, Group>();
  const bySize = [...groups].sort((a, b) => b.connections.length - a.connections.length);
  for (const host of bySize) {
    for (const connection of host.connections) {
      const key = `${host.kind}|${host.cause}|${placeOf(connection)}`;
      if (!hosts.has(key)) hosts.set(key, host);
      yield;
    }
  }
  return hosts;
}

/** One line of code that goes to hundreds of destinations is one finding, not hundreds. */
function* fewer(groups: readonly Group[]): Steps<Group[]> {
  const kept: Group[] = [];
  const rest = new Map<string, Group>();
  const counts = new Map<string, number>();
  for (const one of [...groups].sort((a, b) => b.connections.length - a.connections.length)) {
    const key = `${one.kind}|${one.cause}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count <= mostPlaces) kept.push(one);
    else for (const connection of one.connections) put(rest, key, { ...one, connection });
    yield;
  }
  return [...kept, ...rest.values()];
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
