import { NotSupportedError } from './errors.ts';
import { type KernelSockets, kernelSockets } from './ffi/kernel-sockets.ts';
import { loadLibc } from './ffi/libc.ts';
import type { KernelSourceName, Options } from './options.ts';
import { type SockDiagOptions, SockDiagSource } from './sources/sock-diag/sock-diag-source.ts';
import type { Source } from './sources/source.ts';

/** The ways to the kernel that the options allow. Nothing is loaded before it is asked for. */
export class KernelAccess {
  readonly #names: readonly KernelSourceName[];
  readonly #fault: (where: string, error: unknown) => void;
  #sockets: KernelSockets | null | undefined;

  constructor({ sources }: Pick<Options, 'sources'>, fault: (where: string, error: unknown) => void) {
    this.#names = sources === 'auto' ? ['sock_diag'] : sources;
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
  sources(options: Omit<SockDiagOptions, 'libc'>): Source[] {
    const libc = loadLibc;
    return this.#names.map((name) =>
      name === 'sock_diag' ? new SockDiagSource({ ...options, libc }) : notInThisVersion(name),
    );
  }
}

function notInThisVersion(name: KernelSourceName): Source {
  return {
    name,
    probe: async () => new NotSupportedError('it is not part of this version', 'a later version of synfin'),
    run: async () => {},
  };
}
