import type { CounterName, Counters, HostFact, Sysctls } from '../connection/host-fact.ts';
import { readNetstat } from '../sources/proc/proc-net-netstat.ts';
import { readSockstat } from '../sources/proc/proc-net-sockstat.ts';
import { readSysctl, type SysctlName } from '../sources/proc/sysctl.ts';
import type { Report } from '../sources/source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { HostPart } from './host-watch.ts';

export interface CounterPorts {
  readonly procRoot: string;
  readonly now: () => Instant;
  readonly report: Report;
}

/** Settings change rarely: they are read again after so many microseconds. */
const sysctlsHoldUs = 60_000_000;

const ofTcpExt: readonly CounterName[] = [
  'ListenOverflows',
  'ListenDrops',
  'TCPReqQFullDoCookies',
  'TCPReqQFullDrop',
  'SyncookiesSent',
  'TW',
  'TWKilled',
  'TCPTimeWaitOverflow',
];

/** When one of these grows, a limit was met: by then it may be another one than a minute ago. */
const ofLimits: readonly CounterName[] = [
  'ListenOverflows',
  'TCPReqQFullDoCookies',
  'TCPReqQFullDrop',
  'TCPTimeWaitOverflow',
];

/**
 * The counters of the network namespace at every look, and the kernel's settings once a minute, or when one of them was
 * met: small files of /proc.
 */
export class CounterFiles implements HostPart {
  readonly #ports: CounterPorts;
  #sysctlsAt: Instant | undefined;
  #before: Counters = {};

  constructor(ports: CounterPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { procRoot, now } = this.#ports;
    const [sockstat, sockstat6, netstat] = await Promise.all([
      readSockstat(procRoot),
      readSockstat(procRoot, '6'),
      readNetstat(procRoot),
    ]);
    const values: Partial<Record<CounterName, number>> = {};
    // What cannot be read is not known, and not 0.
    if (sockstat instanceof Map) {
      const tcp: ReadonlyMap<string, number> | undefined = sockstat.get('TCP');
      const tcp6: ReadonlyMap<string, number> | undefined =
        sockstat6 instanceof Map ? sockstat6.get('TCP6') : undefined;
      const [tw, inuse] = [tcp?.get('tw'), tcp?.get('inuse')];
      if (tw !== undefined) values.tw = tw;
      if (inuse !== undefined) values.inuse = inuse + (tcp6?.get('inuse') ?? 0);
    }
    const counters: ReadonlyMap<string, number> | undefined =
      netstat instanceof Map ? netstat.get('TcpExt') : undefined;
    for (const name of ofTcpExt) {
      const value = counters?.get(name);
      if (value !== undefined) values[name] = value;
    }
    this.#tell({ name: 'counters', values: values satisfies Counters });
    const before = this.#before;
    this.#before = values;
    const isMet = ofLimits.some((name) => (values[name] ?? 0) > (before[name] ?? Number.POSITIVE_INFINITY));
    if (!isMet && this.#sysctlsAt !== undefined && now() - this.#sysctlsAt < sysctlsHoldUs) return;
    this.#sysctlsAt = now();
    this.#tell({ name: 'sysctls', values: await this.#sysctls() });
  }

  async #sysctls(): Promise<Sysctls> {
    const one = async <Name extends SysctlName>(name: Name) => {
      const value = await readSysctl(this.#ports.procRoot, name);
      return value instanceof Error ? undefined : value;
    };
    const range = await one('ip_local_port_range');
    return {
      firstPort: range?.first,
      lastPort: range?.last,
      reservedPorts: await one('ip_local_reserved_ports'),
      tcp_tw_reuse: await one('tcp_tw_reuse'),
      tcp_max_tw_buckets: await one('tcp_max_tw_buckets'),
      tcp_fin_timeout: await one('tcp_fin_timeout'),
      somaxconn: await one('somaxconn'),
      tcp_max_syn_backlog: await one('tcp_max_syn_backlog'),
      tcp_syncookies: await one('tcp_syncookies'),
    };
  }

  #tell(fact: HostFact['fact']): void {
    const { report, now } = this.#ports;
    report({ kind: 'host', source: 'procfs', at: now(), scope: 'namespace', fact });
  }
}
