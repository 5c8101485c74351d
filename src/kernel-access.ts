import { NotSupportedError } from './errors.ts';
import { type KernelSockets, kernelSockets } from './ffi/kernel-sockets.ts';
import { loadLibc } from './ffi/libc.ts';
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
  /** The connections that the core holds for suspicious. */
  readonly suspects: () => Iterable<{ readonly id: SocketIdentity }>;
  /** Whether to look at the whole network namespace; one thread of a process is enough for that. */
  readonly sweepNamespace: boolean;
}

/** In the order of preference. */
const automatic: readonly KernelSourceName[] = ['sock_diag', 'procfs', 'netstat'];

/** The ways to the kernel that the options allow. Nothing is loaded before it is asked for. */
export class KernelAccess {
  readonly #options: Pick<Options, 'sources' | 'intervalMs' | 'cpuBudget'>;
  readonly #names: readonly KernelSourceName[];
  readonly #fault: (where: string, error: unknown) => void;
  #sockets: KernelSockets | null | undefined;

  constructor(
    options: Pick<Options, 'sources' | 'intervalMs' | 'cpuBudget'>,
    fault: (where: string, error: unknown) => void,
  ) {
    this.#options = options;
    this.#names = options.sources === 'auto' ? automatic : options.sources;
    this.#fault = fault;
  }

  /** What the kernel tells of a descriptor. Without it there are neither cookies nor kernel times, and the application runs on. */
  sockets(): KernelSockets | undefined {
    if (this.#sockets === undefined) {
      try {
        this.#sockets = this.#names.includes('sock_diag') ? kernelSockets(loadLibc()) : null;
      } catch (error) {
        // The source of the same name says so, in words.
        if (!(error instanceof NotSupportedError)) this.#fault('libc', error);
        this.#sockets = null;
      }
    }
    return this.#sockets ?? undefined;
  }

  /** In the order of preference. */
  sources(ports: KernelPorts): Source[] {
    const { now, procRoot } = ports;
    const { intervalMs, cpuBudget } = this.#options;
    const cpu = cpuClock(procRoot);
    const own = this.#ownLook(ports);
    return this.#names.map((name) => make(name, ports, new Pace({ now, intervalMs, cpuBudget, cpu }), own));
  }

  /** One for all the sources: what it remembers holds when another one takes over. */
  #ownLook({ now, ownSockets }: KernelPorts): () => OwnLook {
    let sweep: OwnSocketSweep | undefined;
    return () => {
      sweep ??= new OwnSocketSweep(this.sockets() && loadLibc(), now, ownSockets);
      return sweep;
    };
  }
}

function make(name: KernelSourceName, ports: KernelPorts, pace: Pace, own: () => OwnLook): Source {
  const { now, procRoot, suspects, sweepNamespace } = ports;
  switch (name) {
    case 'sock_diag':
      return new SockDiagSource({ libc: loadLibc, now, pace, own, sweepNamespace });
    case 'procfs':
      return new ProcSource({ procRoot, now, pace, own, suspects, sweepNamespace });
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
