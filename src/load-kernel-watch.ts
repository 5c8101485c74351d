import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type * as KernelWatchModule from './kernel-watch.ts';

/** The build gives it a file of its own, beside the one that this becomes a part of. */
const program = './kernel-watch.js';

const longestPauseMs = 300_000;

/**
 * What looks at the kernel; undefined when the signal aborts first. What cannot be loaded in a bad moment, for want of
 * descriptors for example, is tried again, after longer and longer pauses. Does not keep the process alive.
 */
export async function whenLoaded(
  signal: AbortSignal,
  pauseMs: number,
  fault: (where: string, error: unknown) => void,
): Promise<typeof KernelWatchModule | undefined> {
  for (let pause = pauseMs; !signal.aborted; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await load();
    } catch (error) {
      fault('loading what looks at the kernel', error);
    }
    await delay(pause, undefined, { ref: false, signal }).catch(() => {});
  }
  return undefined;
}

/**
 * Loads what looks at the kernel, at once: what is loaded by promises shows among the application's active resources for
 * as long as it takes. Where Node is told not to, or the file has become a part of the application's bundle, that is
 * the other way. Rejects when neither leads there.
 */
async function load(): Promise<typeof KernelWatchModule> {
  try {
    const require = createRequire(import.meta.url);
    return require(program);
  } catch {
    return import('./kernel-watch.ts');
  }
}
