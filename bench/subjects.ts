// All that the bench takes from synfin, in one place.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type KernelSockets, kernelSockets } from '../src/ffi/kernel-sockets.ts';
import { loadLibc } from '../src/ffi/libc.ts';
import { now } from '../src/monotonic.ts';
import { Pace } from '../src/sources/pace.ts';
import { dump } from '../src/sources/sock-diag/dump.ts';
import { type TcpState, tcpStates } from '../src/tcp/state.ts';

/** This package as it is published. */
export const register = inRoot('dist/register.js');

/** What `ss -a` shows. */
export const allStates = Object.keys(tcpStates) as TcpState[];

/** Those that a connection is only in while one end has finished and the other has not. */
export const leakStates: readonly TcpState[] = ['fin_wait_1', 'fin_wait_2', 'close_wait', 'last_ack', 'closing'];

/** Looks at all sockets of this network namespace in these states, by sock_diag; the number of them. */
export async function dumpOnce(states: readonly TcpState[]): Promise<number> {
  const { whole, rows, error } = await dump(loadLibc(), states, () => undefined, {
    now,
    signal: new AbortController().signal,
    look: new Pace({ now, intervalMs: 5000, cpuBudget: 1, cpu: () => undefined }).look(),
  });
  if (error) throw error;
  if (!whole) throw new Error('the dump was not whole');
  return rows;
}

/** TCP_INFO by descriptor, as the hook asks for it. */
export function ownKernelSockets(): KernelSockets {
  return kernelSockets(loadLibc());
}

/** CPU microseconds of this thread alone: clock_gettime(CLOCK_THREAD_CPUTIME_ID), which Node 20 does not offer. */
export const threadCpuUs: () => number = threadClock();

function threadClock(): () => number {
  let read: ((clock: number, into: BigInt64Array) => number) | undefined;
  const timespec = new BigInt64Array(2);
  return () => {
    const koffi: typeof import('koffi') | undefined = read ? undefined : createRequire(import.meta.url)('koffi');
    read ??= koffi?.load(null).func('int clock_gettime(int clock, void *into)');
    if (read?.(3, timespec) !== 0) throw new Error('clock_gettime failed');
    return Number(timespec[0]) * 1e6 + Number(timespec[1]) / 1e3;
  };
}

/** A compiled file of the bench. */
export function builtProgram(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** A file of the repository. */
export function inRoot(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
