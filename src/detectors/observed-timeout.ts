import type { Race } from '../connection/host-fact.ts';

/** FINs that come within so many microseconds of a first one are of one occasion. */
const occasionUs = 100_000;

/** A connection that was quiet for less than that, in milliseconds, was in use and not idle, and no server is so short. */
const leastIdleMs = 150;

/** Idle for longer than that, hardly anything but a timeout ends a connection or two: once is enough. */
const surelyIdleMs = 900;
const fewAtOnce = 2;

/** Of what was idle for less, or nobody knows for how long, so many occasions: a server may be started anew by chance. */
const leastOccasions = 3;

/** Two idle times are of one timeout when they differ by no more than this share, and the kernel's ticks. */
const share = 0.25;
const ticksMs = 20;

/** FINs that came together. */
type Occasion = readonly number[];

/**
 * The idle timeout of the server that these failures tell of, in milliseconds; undefined when it has one that did not
 * show, and `none` when they do not tell of any. A timeout ends each connection after the same idle time, and at its
 * own moment; a server that goes ends them all in one moment, however long each had been idle.
 *
 *     a timeout                             the server goes
 *       ────idle────FIN                       ───────idle──FIN
 *           ────idle────FIN                            ─idle─FIN
 *                   ────idle────FIN                ─────idle─FIN
 */
export function observedTimeout(failures: readonly Race[]): number | undefined | 'none' {
  const all = occasions(failures);
  const times = all
    .filter((idle) => idle.length > 0 && isOneTime(idle))
    .map((idle) => ({ ms: median(idle), few: idle.length <= fewAtOnce }))
    .filter(({ ms }) => ms >= leastIdleMs);
  const likeEach = times.map(({ ms, few }) => {
    const alike = times.flatMap((other) => (isOneTime([ms, other.ms]) ? [other.ms] : []));
    return { alike, told: (few && ms >= surelyIdleMs) || isEnough(alike, all) };
  });
  // A busy server is late, and never early: what most agree on is nearest to its setting.
  const [best] = likeEach.filter(({ told }) => told).toSorted((a, b) => b.alike.length - a.alike.length);
  if (best) return Math.round(median(best.alike));
  const unknown = all.filter((idle) => idle.length === 0);
  return isEnough(unknown, all) ? undefined : 'none';
}

/** The idle times of those that are known, occasion by occasion. */
function occasions(failures: readonly Race[]): Occasion[] {
  const fins = failures.map(({ at, finBeforeMs, peerIdleMs }) => ({ at: at - finBeforeMs * 1000, peerIdleMs }));
  fins.sort((a, b) => a.at - b.at);
  const found: number[][] = [];
  let first = Number.NEGATIVE_INFINITY;
  for (const { at, peerIdleMs } of fins) {
    if (at - first > occasionUs) {
      found.push([]);
      first = at;
    }
    if (peerIdleMs !== undefined) found.at(-1)?.push(peerIdleMs);
  }
  return found;
}

/** Most occasions are like that. */
function isEnough(alike: readonly unknown[], all: readonly Occasion[]): boolean {
  return alike.length >= leastOccasions && alike.length * 2 > all.length;
}

function isOneTime(idle: readonly number[]): boolean {
  const [least, most] = [Math.min(...idle), Math.max(...idle)];
  return most - least <= most * share + ticksMs;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
