import { SynfinError } from '../../errors.ts';
import { type Facts, readProc, wholeNumber } from './read-proc.ts';

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Where it lies under /proc/sys/net, and how it is read (Documentation/networking/ip-sysctl.rst). */
interface Sysctl<Value> {
  readonly path: string;
  readonly parse: (text: string) => Value | undefined;
}

/** What the kernel's limits and time-outs for TCP are set to, in this network namespace. Times are in the kernel's units. */
export const sysctls = {
  ip_local_port_range: { path: 'ipv4/ip_local_port_range', parse: portRange },
  ip_local_reserved_ports: { path: 'ipv4/ip_local_reserved_ports', parse: portList },
  /** Seconds, for FIN_WAIT2 without owner alone: TIME_WAIT lasts 60 s whatever this says. */
  tcp_fin_timeout: { path: 'ipv4/tcp_fin_timeout', parse: integer },
  tcp_max_tw_buckets: { path: 'ipv4/tcp_max_tw_buckets', parse: integer },
  /** 0 never, 1 for every connect(), 2 for loopback only. */
  tcp_tw_reuse: { path: 'ipv4/tcp_tw_reuse', parse: integer },
  /** Milliseconds; missing before Linux 6.12. */
  tcp_tw_reuse_delay: { path: 'ipv4/tcp_tw_reuse_delay', parse: integer },
  /** Counts the whole host. */
  tcp_max_orphans: { path: 'ipv4/tcp_max_orphans', parse: integer },
  somaxconn: { path: 'core/somaxconn', parse: integer },
  tcp_max_syn_backlog: { path: 'ipv4/tcp_max_syn_backlog', parse: integer },
  tcp_syncookies: { path: 'ipv4/tcp_syncookies', parse: integer },
  tcp_syn_retries: { path: 'ipv4/tcp_syn_retries', parse: integer },
  tcp_syn_linear_timeouts: { path: 'ipv4/tcp_syn_linear_timeouts', parse: integer },
  tcp_synack_retries: { path: 'ipv4/tcp_synack_retries', parse: integer },
  tcp_orphan_retries: { path: 'ipv4/tcp_orphan_retries', parse: integer },
  tcp_retries2: { path: 'ipv4/tcp_retries2', parse: integer },
  tcp_abort_on_overflow: { path: 'ipv4/tcp_abort_on_overflow', parse: integer },
} as const satisfies Record<string, Sysctl<unknown>>;

export type SysctlName = keyof typeof sysctls;

export type SysctlValue<Name extends SysctlName> = Exclude<ReturnType<(typeof sysctls)[Name]['parse']>, undefined>;

/** The value of one; undefined where this kernel has none of that name. Never rejects. */
export function readSysctl<Name extends SysctlName>(procRoot: string, name: Name): Promise<Facts<SysctlValue<Name>>> {
  const { path } = sysctls[name];
  return readProc(`${procRoot}/sys/net/${path}`, (bytes) => parseSysctl(name, bytes));
}

export function parseSysctl<Name extends SysctlName>(name: Name, bytes: Uint8Array): SysctlValue<Name> | SynfinError {
  const text = Buffer.from(bytes).toString('latin1').trim();
  const value = sysctls[name].parse(text);
  if (value !== undefined) return value as SysctlValue<Name>;
  return new SynfinError('SYNFIN_BAD_MESSAGE', `parsing sysctl ${name}: ${JSON.stringify(text.slice(0, 200))}`);
}

function integer(text: string): number | undefined {
  return wholeNumber(text);
}

/** `32768\t60999` */
function portRange(text: string): PortRange | undefined {
  const [first, last, ...more] = text.split(/\s+/).map(wholeNumber);
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  return isPort(first) && isPort(last) && first <= last ? { first, last } : undefined;
}

/** `` or `8080,9148-9150` */
function portList(text: string): readonly PortRange[] | undefined {
  if (text === '') return [];
  const ranges = text.split(',').map((part) => {
    const [first, last = first, ...more] = part.split('-');
    return more.length > 0 ? undefined : portRange(`${first} ${last}`);
  });
  const whole = ranges.filter((range) => range !== undefined);
  return whole.length === ranges.length ? whole : undefined;
}

function isPort(number: number): boolean {
  return number >= 0 && number <= 65_535;
}
