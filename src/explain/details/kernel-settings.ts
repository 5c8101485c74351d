import type { Finding } from '../../detectors/detector.ts';

type Value = number | string;

/** What the kernel's settings mean for local ports, in one language. */
export interface KernelSayings {
  ip_local_port_range(value: Value): string;
  ip_local_reserved_ports(value: Value): string;
  tcp_tw_reuse(value: Value, when: 'after_a_second' | 'on_loopback' | 'never'): string;
  tcp_max_tw_buckets(value: Value): string;
}

/** In the order in which the finding has them; what no sentence is there for is left out. */
export function kernelDetails(kernel: Finding['subject']['kernel'], say: KernelSayings): string[] {
  return Object.entries(kernel ?? {}).flatMap(([name, value]) => {
    switch (name) {
      case 'ip_local_port_range':
      case 'ip_local_reserved_ports':
      case 'tcp_max_tw_buckets':
        return say[name](value);
      case 'tcp_tw_reuse':
        return say[name](value, value === 1 ? 'after_a_second' : value === 2 ? 'on_loopback' : 'never');
      default:
        return [];
    }
  });
}
