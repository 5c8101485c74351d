import { NotSupportedError } from './errors.ts';
import { type KernelSockets, kernelSockets } from './ffi/kernel-sockets.ts';
import { loadLibc } from './ffi/libc.ts';
import { now } from './monotonic.ts';
import type { KernelSourceName, Options } from './options.ts';

/** In the order of preference. */
const automatic: readonly KernelSourceName[] = ['sock_diag', 'procfs', 'netstat'];

/** After so many microseconds what failed in a bad moment is tried again. */
const retryUs = 1_000_000;

/** The ways to the kernel that the options allow. Nothing is loaded before it is asked for. */
export class KernelAccess {
  /** Of the sources that are wanted, in the order of preference. */
  readonly names: readonly KernelSourceName[];
  readonly #fault: (where: string, error: unknown) => void;
  #sockets: KernelSockets | null | undefined;
  #retryAt = 0;

  constructor({ sources }: Pick<Options, 'sources'>, fault: (where: string, error: unknown) => void) {
    this.names = sources === 'auto' ? automatic : sources;
    this.#fault = fault;
  }

  /** What the kernel tells of a descriptor. Without it there are neither cookies nor kernel times, and the application runs on. */
  sockets(): KernelSockets | undefined {
    if (this.#sockets === undefined && now() >= this.#retryAt) {
      try {
        this.#sockets = this.names.includes('sock_diag') && mayLoadAddon() ? kernelSockets(loadLibc()) : null;
      } catch (error) {
        // The source of the same name says so, in words.
        if (!(error instanceof NotSupportedError)) this.#fault('libc', error);
        // A moment without descriptors passes; a package that is not there stays away.
        if (isLasting(error)) this.#sockets = null;
        else this.#retryAt = now() + retryUs;
      }
    }
    return this.#sockets ?? undefined;
  }
}

function isLasting(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  const passing = code === 'EMFILE' || code === 'ENFILE' || /too many open files/i.test(String(cause));
  return !passing;
}

/**
 * A worker that is terminated while koffi is being loaded in it takes the whole process down (napi_throw in an isolate
 * that ends): in worker threads the kernel is asked through /proc alone.
 */
export function mayLoadAddon(): boolean {
  return process.getBuiltinModule('node:worker_threads').isMainThread;
}
