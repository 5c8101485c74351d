import type { Sysctls } from '../connection/host-fact.ts';

/**
 * How many local ports the kernel gives away by itself (inet_get_local_port_range, inet_is_local_reserved_port in
 * net/ipv4/inet_hashtables.c): those of ip_local_port_range without those of ip_local_reserved_ports, which may overlap.
 * Undefined where the range is not known.
 */
export function ephemeralPortCount({ firstPort, lastPort, reservedPorts = [] }: Sysctls): number | undefined {
  if (firstPort === undefined || lastPort === undefined) return undefined;
  let count = Math.max(0, lastPort - firstPort + 1);
  let next = firstPort;
  for (const { first, last } of reservedPorts.toSorted((one, other) => one.first - other.first)) {
    const from = Math.max(next, first);
    const to = Math.min(lastPort, last);
    if (from > to) continue;
    count -= to - from + 1;
    next = to + 1;
  }
  return count;
}
