import { constants } from 'node:os';
import type { Glance } from '../../connection/census.ts';
import { SynfinError } from '../../errors.ts';
import { errnoName, type Libc } from '../../ffi/libc.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import type { PacedLook } from '../pace.ts';
import type { Report } from '../source.ts';
import { DiagMessage } from './diag-message.ts';
import { type AddressFamily, type Attributes, addressFamily, dumpRequest, SOCK_DIAG_BY_FAMILY } from './inet-diag.ts';
import { type Walked, walkMessages } from './netlink.ts';
import { failed, openSockDiag, refused } from './sock-diag-errors.ts';

export interface DumpOptions {
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly look: PacedLook;
  /** The struct tcp_info of every socket makes it a quarter dearer. */
  readonly asked?: Attributes | undefined;
}

export interface DumpEnd {
  /** Every socket in the states asked for was reported. Only then is what was not reported absent. */
  readonly whole: boolean;
  readonly rows: number;
  /** Sockets that the kernel told of in a way that is not understood here. */
  readonly malformed: number;
  /** Why it is not whole; undefined also when the signal aborted it or the kernel says that it was interrupted. */
  readonly error: SynfinError | undefined;
}

/** The kernel fills no more than this into one datagram, however long the buffer (net/netlink/af_netlink.c). */
const chunkSize = 32_768;

/** A datagram that is this long was filled. */
const nearlyFull = chunkSize - 1024;

/** So long one turn of the event loop may be held by datagrams that are filled soon, in microseconds. */
const mostHeldUs = 800;

/** One that took the kernel longer than this, in microseconds, is left to another thread the next time. */
const briefUs = 500;

/** So many entries of the list of messages, two for each, lie between two looks at the clock. */
const betweenLooks = 8;

/** Microseconds without a byte after which a dump is given up, and the longest that one may take in all. */
const patience = 2_000_000;
const longest = 60_000_000;

/** Takes one socket of a dump, or says what is wrong with it. The message is good until it returns. Never throws. */
export type Take = (message: DiagMessage) => SynfinError | undefined;

/** Every socket that is wanted as a row of its own. */
export function rowsTo(report: Report, wanted: (socket: Glance) => boolean = () => true): Take {
  return (message) => {
    if (!wanted(message)) return undefined;
    const row = message.row();
    if (row instanceof SynfinError) return row;
    report(row);
    return undefined;
  };
}

/**
 * Hands over each TCP socket in these states in the network namespace that this thread is in. One datagram per turn of
 * the event loop (about 250 sockets, 0.25 ms). Rejects never: what went wrong is in the result.
 */
export async function dump(
  libc: Libc,
  states: readonly TcpState[],
  take: Take,
  options: DumpOptions,
): Promise<DumpEnd> {
  const tally: Tally = { rows: 0, malformed: 0, interrupted: false };
  const fd = openSockDiag(libc);
  if (fd instanceof SynfinError) return { whole: false, rows: 0, malformed: 0, error: fd };
  const deadline = options.now() + longest;
  let end: 'done' | 'aborted' | SynfinError = 'done';
  try {
    // The second only after a good end of the first: a netlink socket runs one dump at a time, and refuses with EBUSY.
    options.look.slices.begin();
    for (const family of [addressFamily.inet, addressFamily.inet6]) {
      end = await dumpFamily(libc, fd, { family, states, take, deadline, tally, ...options });
      if (end !== 'done') break;
    }
  } finally {
    libc.close(fd);
    options.look.slices.end();
  }
  const { rows, malformed, interrupted } = tally;
  const whole = end === 'done' && malformed === 0 && !interrupted;
  return { whole, rows, malformed, error: end instanceof SynfinError ? end : undefined };
}

interface Tally {
  rows: number;
  malformed: number;
  interrupted: boolean;
}

interface FamilyDump extends DumpOptions {
  readonly family: AddressFamily;
  readonly states: readonly TcpState[];
  readonly take: Take;
  readonly deadline: number;
  readonly tally: Tally;
}

async function dumpFamily(libc: Libc, fd: number, job: FamilyDump): Promise<'done' | 'aborted' | SynfinError> {
  const { family, states, take, tally, now, signal, look, asked = {} } = job;
  const { slices } = look;
  const attempt = `dumping ${family === addressFamily.inet ? 'AF_INET' : 'AF_INET6'} sockets`;
  const buffer = new DataView(new ArrayBuffer(chunkSize));
  const bytes = new Uint8Array(buffer.buffer);
  // Both dumps go over one socket: the number tells a late answer to the first from one to the second.
  const sequence: number = family;
  const messages: number[] = [];
  const message = new DiagMessage(buffer);
  if (signal.aborted) return 'aborted';
  const sent = await inPool(job, libc.sendInPool(fd, dumpRequest(family, states, sequence, asked)));
  if (sent < 0) return failed(attempt, `send gave ${errnoName(sent)}`);
  let heardAt = now();
  let soon = false;
  while (true) {
    const startedAt = now();
    const length: number = soon ? libc.receive(fd, bytes) : await inPool(job, libc.receiveInPool(fd, bytes));
    const at = now();
    // The kernel walks on until a datagram is full: where it soon is, the way into the pool costs more than the walk.
    soon = length > nearlyFull && (!soon || at - startedAt < briefUs) && isDense(states);
    if (length > 0) {
      heardAt = at;
      messages.length = 0;
      const walked = walkMessages(buffer, length, sequence, (type, start, end) => {
        if (type === SOCK_DIAG_BY_FAMILY) messages.push(start, end);
      });
      for (let i = 0; i < messages.length; i += 2) {
        if (i % betweenLooks === 0 && slices.isOver()) {
          await slices.rest();
          if (signal.aborted) return 'aborted';
        }
        const wrong = message.goTo(messages[i] ?? 0, messages[i + 1] ?? 0, at) ?? take(message);
        if (wrong) tally.malformed++;
        else tally.rows++;
      }
      if (soon && slices.leftUs(mostHeldUs) < now() - startedAt) await slices.rest();
      tally.interrupted ||= walked.interrupted;
      const end = familyEnd(walked);
      if (end !== undefined) return end;
    } else if (length < 0 && length !== -constants.errno.EAGAIN) {
      return failed(attempt, `recv gave ${errnoName(length)}`);
    } else await slices.rest();
    if (at - heardAt > patience) return failed(attempt, `the kernel sent nothing for ${patience / 1e6} s`);
    if (at > job.deadline) return failed(attempt, `not over after ${longest / 1e6} s`);
    if (signal.aborted) return 'aborted';
  }
}

/** The kernel's own work is done in another thread: this one has nothing to do until then. */
async function inPool({ look, now }: DumpOptions, call: Promise<number>): Promise<number> {
  look.slices.end();
  const askedAt = now();
  const result = await call;
  look.elsewhere(now() - askedAt);
  look.slices.begin();
  return result;
}

/** Most sockets are established: only a dump that asks for these fills its datagrams quickly. */
function isDense(states: readonly TcpState[]): boolean {
  return states.includes('established');
}

function familyEnd(walked: Walked): 'done' | SynfinError | undefined {
  switch (walked.kind) {
    case 'more':
      return undefined;
    case 'malformed':
      return walked.error;
    case 'done':
      return walked.errno === 0 ? 'done' : refused('dump', walked.errno);
    case 'error':
      // An acknowledgement, which nobody asked for, is no answer.
      return walked.errno === 0 ? undefined : refused('dump', walked.errno);
  }
}
