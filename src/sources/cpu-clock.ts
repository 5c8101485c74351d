import { readFileSync } from 'node:fs';

/** CPU time in microseconds: of the thread that asks, and of the whole process. */
export interface CpuTimes {
  readonly thread: number;
  readonly process: number;
}

/**
 * The kernel brings a running thread's time up to date at its timer's tick: so many microseconds may be missing of the
 * thread that asks. They are missing of the process as well, so that the difference, the time of the other threads, is
 * right to a millisecond or two.
 */
export const threadLagUs = 10_000;
export const othersLagUs = 2_000;

/** Reads the clocks; undefined where /proc does not say. Some 20 µs. */
export function cpuClock(procRoot: string): () => CpuTimes | undefined {
  return () => {
    const thread = parseSchedstat(textOf(`${procRoot}/thread-self/schedstat`));
    if (thread === undefined) return undefined;
    const { user, system } = process.cpuUsage();
    return { thread, process: user + system };
  };
}

/** The first of the three numbers of `schedstat`: nanoseconds on a processor (Documentation/scheduler/sched-stats.rst). */
export function parseSchedstat(text: string): number | undefined {
  const digits = /^(\d{1,18}) \d+ \d+\n?$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits) / 1000;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
