import type { Census, DestinationCount } from '../../src/connection/census.ts';
import type { PortFailure, Sysctls } from '../../src/connection/host-fact.ts';
import type { HostLook } from '../../src/connection/host-facts.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds } from '../connection/observations.ts';
import { hostLook } from './host-looks.ts';

/** A thousand ports; TIME_WAITs keep theirs. */
export const settings: Sysctls = { firstPort: 40_000, lastPort: 40_999, tcp_tw_reuse: 0, tcp_max_tw_buckets: 4096 };

/** From 10.0.0.1 to 10.0.0.2:5432, but for these fields. */
export function towards(ports: number, timeWaits: number, fields: Partial<DestinationCount> = {}): DestinationCount {
  const [localAddress, peerAddress, peerPort] = ['10.0.0.1', '10.0.0.2', 5432];
  return { localAddress, peerAddress, peerPort, ports, timeWaits, authors: [], ...fields };
}

export function census(...destinations: DestinationCount[]): Census {
  const sum = (count: (one: DestinationCount) => number) => destinations.reduce((all, one) => all + count(one), 0);
  const [sockets, timeWaits] = [sum(({ ports }) => ports), sum((one) => one.timeWaits)];
  return { states: ['established', 'time_wait'], whole: true, sockets, timeWaits, destinations, listeners: [] };
}

/** Three calls of connect() to db:5432, which is 10.0.0.2, at `query`; but for these fields. */
export function failure(fields: Partial<PortFailure> = {}): PortFailure {
  const site = { frames: () => ['query (/app/db.js:7:3)'] };
  return {
    at: seconds(0),
    error: 'EADDRNOTAVAIL',
    peer: endpoint('10.0.0.2', 5432),
    requested: endpoint('db', 5432),
    localAddress: undefined,
    count: 3,
    sample: [{ at: seconds(0), connectionId: '4001', site }],
    ...fields,
  };
}

export type Seen = Partial<Pick<HostLook, 'census' | 'sysctls' | 'portFailures'>>;

export const nothing = hostLook({ sysctls: settings });

export const again = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);
