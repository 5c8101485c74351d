import { NotSupportedError } from './errors.ts';
import { type KernelSockets, kernelSockets } from './ffi/kernel-sockets.ts';
import { loadLibc } from './ffi/libc.ts';
import type { KernelSourceName, Options } from './options.ts';

/** In the order of preference. */
const automatic: readonly KernelSourceName[] = ['sock_diag', 'procfs', 'netstat'];

/** The ways to the kernel that the options allow. Nothing is loaded before it is asked for. */
export class KernelAccess {
  /** Of the sources that are wanted, in the order of preference. */
  readonly names: readonly KernelSourceName[];
  readonly #fault: (where: string, error: unknown) => void;
  #sockets: KernelSockets | null | undefined;

  constructor({ sources }: Pick<Options, 'sources'>, fault: (where: string, error: unknown) => void) {
    this.names = sources === 'auto' ? automatic : sources;
    this.#fault = fault;
  }

  /** What the kernel tells of a descriptor. Without it there are neither cookies nor kernel times, and the application runs on. */
  sockets(): KernelSockets | undefined {
    if (this.#sockets === undefined) {
      try {
        this.#sockets = this.names.includes('sock_diag') ? kernelSockets(loadLibc()) : null;
      } catch (error) {
        // The source of the same name says so, in words.
        if (!(error instanceof NotSupportedError)) this.#fault('libc', error);
        this.#sockets = null;
      }
    }
    return this.#sockets ?? undefined;
  }
}
