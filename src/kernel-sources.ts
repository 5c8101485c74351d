import type { Glance } from './connection/census.ts';
import { NotSupportedError } from './errors.ts';
import { loadLibc } from './ffi/libc.ts';
import { type KernelAccess, mayLoadAddon } from './kernel-access.ts';
import type { KernelSourceName, Options } from './options.ts';
import { cpuClock } from './sources/cpu-clock.ts';
import { OwnSocketSweep } from './sources/descriptors/own-sockets.ts';
import { NetstatSource } from './sources/netstat/netstat-source.ts';
import { Pace } from './sources/pace.ts';
import { ProcSource } from './sources/proc/proc-source.ts';
import { SockDiagSource } from './sources/sock-diag/sock-diag-source.ts';
import type { OwnLook, OwnSocket, Report, Source } from './sources/source.ts';
import type { Instant, SocketIdentity } from './tcp/identity.ts';

/** What the sources need of the process that they look at. */
export interface KernelPorts {
  readonly now: () => Instant;
  readonly procRoot: string;
  readonly ownSockets: (report: Report) => Iterable<OwnSocket | undefined>;
  /** One of these has sent so many segments again, in all its life. */
  readonly resent: (socket: OwnSocket, segments: number) => void;
  /** The connections that the core holds for suspicious. */
  readonly suspects: () => Iterable<{ readonly id: SocketIdentity }>;
  /** Whether a socket without a descriptor may be one that this process closed a while ago. */
  readonly remembers: (socket: Glance) => boolean;
  /** Whether to look at the whole network namespace; one thread of a process is enough for that. */
  readonly sweepNamespace: boolean;
}

/** The sources that are wanted, in the order of preference. */
export function kernelSources(
  access: KernelAccess,
  { intervalMs, cpuBudget }: Pick<Options, 'intervalMs' | 'cpuBudget'>,
  ports: KernelPorts,
): Source[] {
  const { now, procRoot } = ports;
  const cpu = cpuClock(procRoot);
  const own = ownLook(access, ports);
  // What netlink would show a worker thread, /proc shows it.
  const instead = (name: KernelSourceName) => (name === 'sock_diag' && !mayLoadAddon() ? 'procfs' : name);
  const names = [...new Set(access.names.map(instead))];
  return names.map((name) => make(name, ports, new Pace({ now, intervalMs, cpuBudget, cpu }), own));
}

/** One for all the sources: what it remembers holds when another one takes over. */
function ownLook(access: KernelAccess, { now, ownSockets, resent }: KernelPorts): () => OwnLook {
  let sweep: OwnSocketSweep | undefined;
  return () => {
    const sockets = access.sockets();
    // It was a bad moment when it was made: own sockets can be asked now.
    if (sweep === undefined || (sockets && !sweep.asksKernel))
      sweep = new OwnSocketSweep(sockets && loadLibc(), now, ownSockets, resent);
    return sweep;
  };
}

function make(name: KernelSourceName, ports: KernelPorts, pace: Pace, own: () => OwnLook): Source {
  const { now, procRoot, suspects, remembers, sweepNamespace } = ports;
  switch (name) {
    case 'sock_diag':
      return new SockDiagSource({ libc: loadLibc, now, pace, own, remembers, sweepNamespace });
    case 'procfs':
      return new ProcSource({ procRoot, now, pace, own, suspects, remembers, sweepNamespace });
    case 'netstat':
      return new NetstatSource({ now, pace, own, platform: process.platform });
    case 'ebpf':
    case 'daemon':
      return notInThisVersion(name);
  }
}

function notInThisVersion(name: KernelSourceName): Source {
  return {
    name,
    probe: async () => new NotSupportedError('it is not part of this version', 'a later version of synfin'),
    run: async () => {},
  };
}
