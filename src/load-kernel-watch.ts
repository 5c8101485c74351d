import { createRequire } from 'node:module';
import type * as KernelWatchModule from './kernel-watch.ts';

/** The build gives it a file of its own, beside the one that this becomes a part of. */
const program = './kernel-watch.js';

/**
 * Loads what looks at the kernel, at once: what is loaded by promises shows among the application's active resources for
 * as long as it takes.
 */
export function loadKernelWatch(): typeof KernelWatchModule {
  const load = createRequire(import.meta.url);
  return load(program);
}
