import { inNamespace } from '../system/namespace.ts';

/** What ends the trouble, besides SIGUSR2, of which the program itself knows what to do. */
export type Cure = 'signal' | 'restart' | 'no more SYNs' | 'no more TIME_WAITs' | '/proc is back';

/** A program of test/prometheus/sick that has one trouble, and what is to be told of it. */
export interface Sickness {
  readonly program: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Commands that make its surroundings, in its network namespace, before it starts. */
  readonly setUp?: readonly string[];
  /** In the network namespace of this one, instead of one of its own. */
  readonly beside?: string;
  readonly cure?: Cure;
  /** It is cured as soon as its alerts fire, since it takes long to get well. */
  readonly isSlow?: boolean;
  /** Among those that are tried at each run of CI; all of them together are more than two noisy cores can bear. */
  readonly always?: boolean;
  /** `name severity` of every rule that is to fire for it. */
  readonly alerts: readonly string[];
  /** What follows from it, or not, as it happens. */
  readonly mayFire?: readonly string[];
}

/** synfin looks every second, and calls a leak what it would still have waited for. */
const impatient = {
  SYNFIN_FINDINGS: 'off',
  SYNFIN_INTERVAL_MS: '1000',
  SYNFIN_CLOSE_WAIT_MS: '1500',
  SYNFIN_UNREAD_MS: '1500',
  SYNFIN_STUCK_WRITE_MS: '1500',
  SYNFIN_HANDSHAKE_MS: '1500',
};

/** So that looks come in time, on a host that has other things to do. */
const hurried = { SYNFIN_CPU_BUDGET: '0.2' };
const fewPorts = [
  'ip addr add 10.99.0.2/32 dev lo',
  'sysctl -qw net.ipv4.ip_local_port_range="40000 40199" net.ipv4.tcp_tw_reuse=0',
];
/** A network whose answers get lost: the other end of its cable is in no use. */
const lossy = [
  'ip link add v0 type veth peer name v1',
  'ip link set v0 arp off',
  'ip addr add 10.9.0.1/24 dev v0',
  'ip link set v0 up',
  'ip link set v1 up',
];

/** By the name of the job that Prometheus scrapes. */
export const sicknesses: Readonly<Record<string, Sickness>> = {
  'close-wait': {
    always: true,
    program: 'close-wait.mjs',
    setUp: ['ulimit -n 1000'],
    alerts: ['SynfinCloseWaitLeak warning', 'SynfinCloseWaitLeak critical'],
  },
  unread: {
    always: true,
    program: 'unread.mjs',
    setUp: ['ulimit -n 200'],
    alerts: ['SynfinUnreadData warning', 'SynfinUnreadData critical'],
    mayFire: ['SynfinDescriptorsRunningOut warning', 'SynfinDescriptorsRunningOut critical'],
  },
  descriptors: {
    always: true,
    program: 'descriptors.mjs',
    args: ['200'],
    setUp: ['ulimit -n 200'],
    alerts: ['SynfinDescriptorsRunningOut warning', 'SynfinDescriptorsRunningOut critical'],
  },
  ports: {
    always: true,
    program: 'ports.mjs',
    args: ['200'],
    setUp: fewPorts,
    alerts: ['SynfinEphemeralPortsRunningOut warning', 'SynfinEphemeralPortsRunningOut critical'],
  },
  'time-wait': {
    program: 'time-wait.mjs',
    setUp: fewPorts,
    cure: 'no more TIME_WAITs',
    alerts: ['SynfinTimeWaitBuildup warning'],
    mayFire: ['SynfinEphemeralPortsRunningOut warning', 'SynfinEphemeralPortsRunningOut critical'],
  },
  'accept-queue': {
    program: 'accept-queue.mjs',
    alerts: [
      'SynfinAcceptQueueOverflow warning',
      'SynfinAcceptQueueOverflow critical',
      'SynfinAcceptQueueFull warning',
    ],
  },
  'syn-queue': {
    program: 'syn-queue.mjs',
    setUp: [...lossy, 'sysctl -qw net.ipv4.tcp_syncookies=0'],
    cure: 'no more SYNs',
    alerts: ['SynfinSynFlood warning', 'SynfinSynFlood critical'],
  },
  'stuck-write': { always: true, program: 'stuck-write.mjs', alerts: ['SynfinStuckWrites warning'] },
  unanswered: { program: 'unanswered.mjs', setUp: lossy, alerts: ['SynfinConnectUnanswered warning'] },
  // A failure counts for five minutes: whoever mends the code starts it anew anyway.
  'keep-alive': { program: 'keep-alive.mjs', cure: 'restart', alerts: ['SynfinKeepAliveRace warning'] },
  silent: { always: true, program: 'silent.mjs', alerts: ['SynfinAgentNotReporting warning'] },
  blind: {
    program: 'idle.mjs',
    env: { SYNFIN_SOURCES: 'procfs' },
    cure: '/proc is back',
    // The pause before a source is tried again grows.
    isSlow: true,
    alerts: ['SynfinAgentNotLooking warning'],
  },
  losing: { program: 'losing.mjs', env: { SYNFIN_MAX_CONNECTIONS: '10' }, alerts: ['SynfinAgentLosingEvents warning'] },
  spans: { program: 'spans.mjs', env: { SYNFIN_MAX_SPANS_PER_SECOND: '1' }, alerts: ['SynfinSpansDropped warning'] },
  'over-budget': {
    program: 'close-wait.mjs',
    env: { SYNFIN_CPU_BUDGET: '1', SYNFIN_INTERVAL_MS: '50', SYNFIN_CLOSE_WAIT_MS: '600000' },
    cure: 'restart',
    alerts: ['SynfinAgentOverBudget warning'],
  },
  // Connects that are refused, or slow: what the panels show of handshakes, and no trouble of this process.
  client: { always: true, program: 'client.mjs', alerts: [] },
  // They look as often as the sick ones do: a false alarm would show.
  healthy: { always: true, program: 'healthy.mjs', beside: 'accept-queue', alerts: [] },
  'healthy-flooded': { program: 'healthy.mjs', beside: 'syn-queue', alerts: [] },
  idle: { always: true, program: 'idle.mjs', alerts: [] },
};

/** Those that are tried now: all, or some. */
export function tried(all: boolean): readonly [string, Sickness][] {
  const entries = Object.entries(sicknesses).filter(([, { always }]) => all || always);
  const names = new Set(entries.map(([name]) => name));
  // One whose neighbour is not there is by itself.
  return entries.map(([name, { beside, ...rest }]) => [
    name,
    beside !== undefined && names.has(beside) ? { ...rest, beside } : rest,
  ]);
}

/** The environment of one, and what it is run under. `pidOf` says which process it is beside. */
export function surroundings(
  { env, setUp = [], beside, cure }: Sickness,
  pidOf: (name: string) => number,
): { readonly env: Readonly<Record<string, string>>; readonly under: readonly string[] } {
  const within = beside === undefined ? inNamespace('ip link set lo up', ...setUp) : entering(pidOf(beside));
  const under = cure === '/proc is back' ? ['unshare', '-m', ...within] : within;
  return { env: { ...impatient, ...hurried, ...env }, under };
}

/**
 * What each may have besides: they look more often than an agent does by default, and may take more for it. The default
 * budget cannot be tried here: it is a share of a core over minutes, and the minutes are shortened.
 */
export function mayFire({ mayFire: more = [] }: Sickness): readonly string[] {
  return [...more, 'SynfinAgentOverBudget warning'];
}

/** What runs a program in the network namespace of this process. */
export function entering(pid: number): readonly string[] {
  return ['nsenter', '-t', `${pid}`, '-n'];
}
