import type { Race } from '../connection/host-fact.ts';
import { type Instant, instant } from '../tcp/identity.ts';

/** FINs that come within so many microseconds of a first one are of one occasion. */
const occasionUs = 100_000;

/** A connection that was quiet for less than that, in milliseconds, was in use and not idle, and no server is so short. */
const leastIdleMs = 150;

/** Idle for longer than that, a connection or two were ended by a timeout, or by a restart: of these, two may tell. */
const surelyIdleMs = 900;
const fewAtOnce = 2;
const leastSureOccasions = 2;

/** Of what was idle for less, or nobody knows for how long, so many occasions: a server may be started anew by chance. */
const leastOccasions = 3;

/** Two idle times are of one timeout when they differ by no more than this share, and the kernel's ticks. */
const share = 0.25;
const ticksMs = 20;

/** Of the latest occasions so many are compared with each other. */
const mostOccasions = 64;

/** FINs that came together: when the first of them came, and how long the connections had been idle, where known. */
interface Occasion {
  readonly at: Instant;
  readonly idle: readonly number[];
}

/** An occasion whose connections had all been idle for the same time. */
interface Time {
  readonly at: Instant;
  readonly ms: number;
  readonly few: boolean;
}

/**
 * The idle timeout of the server that these failures tell of, in milliseconds; undefined when it ended idle connections
 * and no timeout showed, and `none` when they do not tell of that either. A timeout ends each connection after the same
 * idle time, and at its own moment; a server that goes ends them all in one moment, however long each had been idle;
 * one that is started anew while its port goes on answering may end a single one, once.
 *
 *     a timeout                             the server goes
 *       ────idle────FIN                       ───────idle──FIN
 *           ────idle────FIN                            ─idle─FIN
 *                   ────idle────FIN                ─────idle─FIN
 */
export function observedTimeout(failures: readonly Race[]): number | undefined | 'none' {
  const all = occasions(failures);
  const times = all
    .filter(({ idle }) => idle.length > 0 && isOneTime(idle))
    .map(({ at, idle }): Time => ({ at, ms: median(idle), few: idle.length <= fewAtOnce }))
    .filter(({ ms }) => ms >= leastIdleMs);
  const told = times
    .map((time) => times.filter(({ ms }) => isOneTime([time.ms, ms])))
    .filter((alike) => tell(alike, all));
  // A busy server is late, and never early: what most agree on is nearest to its setting.
  const [best] = told.toSorted((a, b) => b.length - a.length);
  if (best) return Math.round(median(best.map(({ ms }) => ms)));
  const unknown = all.filter(({ idle }) => idle.length === 0);
  return times.some(isSure) || isEnough(unknown, all, leastOccasions) ? undefined : 'none';
}

/** The idle times of those that are known, occasion by occasion. */
function occasions(failures: readonly Race[]): Occasion[] {
  const fins = failures.map(({ at, finBeforeMs, peerIdleMs }) => ({ at: at - finBeforeMs * 1000, peerIdleMs }));
  fins.sort((a, b) => a.at - b.at);
  const found: { at: Instant; idle: number[] }[] = [];
  for (const { at, peerIdleMs } of fins) {
    const last = found.at(-1);
    const idle = peerIdleMs === undefined ? [] : [peerIdleMs];
    if (last && at - last.at <= occasionUs) last.idle.push(...idle);
    else found.push({ at: instant(at), idle });
  }
  return found.slice(-mostOccasions);
}

/** So many alike are a timeout, and not chance. */
function tell(alike: readonly Time[], all: readonly Occasion[]): boolean {
  if (isEnough(alike, all, leastOccasions)) return true;
  return alike.every(isSure) && isEnough(alike, all, leastSureOccasions) && areApart(alike);
}

function isSure({ few, ms }: Time): boolean {
  return few && ms >= surelyIdleMs;
}

/** By more than their idle times may differ: connections that were last used together are not ended alike by chance. */
function areApart(alike: readonly Time[]): boolean {
  const [first, last] = [alike[0], alike.at(-1)];
  return first !== undefined && last !== undefined && (last.at - first.at) / 1000 > mostApartMs(last.ms);
}

/** Most occasions are like that. */
function isEnough(alike: readonly unknown[], all: readonly Occasion[], least: number): boolean {
  return alike.length >= least && alike.length * 2 > all.length;
}

function isOneTime(idle: readonly number[]): boolean {
  const [least, most] = [Math.min(...idle), Math.max(...idle)];
  return most - least <= mostApartMs(most);
}

function mostApartMs(ms: number): number {
  return ms * share + ticksMs;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
