import { readFileSync, readlinkSync } from 'node:fs';
import type { Writer } from '../recording/header.ts';

/** This process, among all that ever had its pid. Undefined where there is no such /proc. */
export function thisWriter(): Writer | undefined {
  try {
    return {
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
      pidNamespace: readlinkSync('/proc/self/ns/pid'),
      startTicks: startTicks('self'),
    };
  } catch {
    return undefined;
  }
}

/** What the first line of a recording says of whoever wrote it. */
export interface Signature {
  readonly run: string;
  readonly pid: number;
  readonly thread: number;
  readonly writer: Partial<Writer> | undefined;
}

/** In whatever version of the format; undefined for what is no recording. */
export function signatureIn(firstLine: string): Signature | undefined {
  let json: unknown;
  try {
    json = JSON.parse(firstLine);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { kind, run, pid, thread, writer } = json as Readonly<Record<string, unknown>>;
  if (kind !== 'recording' || typeof run !== 'string' || typeof pid !== 'number') return undefined;
  const known = typeof writer === 'object' && writer !== null ? writer : undefined;
  return { run, pid, thread: typeof thread === 'number' ? thread : 0, writer: known };
}

/** Who asks: one run of one thread of this process. */
export interface Asking extends Signature {
  readonly writer: Writer | undefined;
  /** The runs of this thread that go on now. */
  readonly runs: ReadonlySet<string>;
}

/** A file that somebody out of sight has written to so lately is theirs: of another container only its files are seen. */
const outOfSightMs = 30_000;

/**
 * Whether somebody else writes to that recording now. A process that was killed leaves no lock behind: it is asked for
 * by its pid, and by when it started.
 */
export function isWritten(by: Signature, changedMsAgo: number, me: Asking): boolean {
  if (by.run === me.run) return false;
  const [theirs, ours] = [by.writer, me.writer];
  if (theirs === undefined || ours === undefined) return isRunning(by, me, () => isThere(by.pid));
  const inSight = theirs.boot === ours.boot && theirs.pidNamespace === ours.pidNamespace;
  if (!inSight) return changedMsAgo < outOfSightMs;
  return isRunning(by, me, () => startTicks(by.pid) === theirs.startTicks);
}

function isRunning(by: Signature, me: Asking, isAlive: () => boolean): boolean {
  // Another thread of this process may be over; that is not known here.
  if (by.pid === me.pid && by.thread === me.thread && by.writer?.startTicks === me.writer?.startTicks)
    return me.runs.has(by.run);
  try {
    return isAlive();
  } catch {
    return false;
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** proc(5): the second field is the program's name in parentheses, which may hold anything. */
function startTicks(pid: number | 'self'): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}
