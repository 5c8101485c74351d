import type { PortFailure, Sysctls } from '../connection/host-fact.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import { rounded } from './case.ts';
import type { SampledConnection, Subject } from './detector.ts';

/** Against what there is. */
export function measured(
  ports: number | undefined,
  limit: number | undefined,
  timeWaits: number | undefined,
): Partial<Subject> {
  if (limit === undefined) return {};
  if (ports === undefined || timeWaits === undefined) return { limit };
  return { limit, share: Math.round((ports / limit) * 1000) / 1000, time_waits: Math.min(timeWaits, ports) };
}

/** What the kernel gives away, and what it does with TIME_WAITs. */
export function settings(sysctls: Sysctls): Partial<Subject> {
  const { firstPort, lastPort, reservedPorts = [], tcp_tw_reuse, tcp_max_tw_buckets } = sysctls;
  const kernel: Record<string, number | string> = {};
  if (firstPort !== undefined && lastPort !== undefined) kernel.ip_local_port_range = `${firstPort}-${lastPort}`;
  const reserved = reservedPorts.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  if (reserved.length > 0) kernel.ip_local_reserved_ports = reserved.join(',');
  if (tcp_tw_reuse !== undefined) kernel.tcp_tw_reuse = tcp_tw_reuse;
  if (tcp_max_tw_buckets !== undefined) kernel.tcp_max_tw_buckets = tcp_max_tw_buckets;
  return Object.keys(kernel).length > 0 ? { kernel } : {};
}

/** Attempts that came to nothing: the kernel never gave them a state. */
export function sampled({ localAddress, peer }: PortFailure, failed: PortFailure['sample'], now: Instant) {
  return failed.map(({ connectionId: connection_id, at, site }): SampledConnection => {
    const ends = { local: localAddress ?? null, peer: formatEndpoint(peer) };
    const age_s = rounded(Math.max(0, now - at) / 1e6);
    const call_site = site?.frames() ?? [];
    return { connection_id, ...ends, state: 'closed', age_s, rx_queue: 0, tx_queue: 0, call_site, trace_id: null };
  });
}
