import { type TcpState, tcpStateNames } from '../tcp/state.ts';
import type { Census } from './census.ts';
import type { EphemeralRange } from './ephemeral-range.ts';
import type { Counters, Sysctls } from './host-fact.ts';

/** What is known before a walk over all the sockets, and costs next to nothing to know. */
export interface CheapCounts {
  readonly counters: Counters;
  readonly sysctls: Sysctls;
  readonly range: EphemeralRange;
}

/** The states that a walk is worth it for now: all of them, TIME_WAIT alone, or none. */
export type Worth = 'all' | 'time_wait' | 'none';

export const statesOf: Readonly<Record<Worth, readonly TcpState[]>> = {
  // LISTEN is no connection, and its rows come with every look.
  all: tcpStateNames.filter((state) => state !== 'listen' && state !== 'closed'),
  time_wait: ['time_wait'],
  none: [],
};

/** Below this part of the threshold nobody needs to look; above it, what grows is seen coming. */
const lookFrom = 0.5;

/**
 * Only where all the sockets of the namespace together could fill the share of the ports towards one destination, or of
 * the TIME_WAITs that the kernel keeps, some place can have done so.
 */
export function worthAWalk({ counters, sysctls, range }: CheapCounts, share: number): Worth {
  const { tw, inuse } = counters;
  if (tw === undefined || inuse === undefined) return 'none';
  const buckets = sysctls.tcp_max_tw_buckets ?? Number.POSITIVE_INFINITY;
  if (inuse + tw >= share * lookFrom * range.count) return 'all';
  return tw >= share * lookFrom * buckets ? 'time_wait' : 'none';
}

/** Above this part of a threshold every look counts. */
const nearFrom = 0.5;

/** How near the fullest place came to the threshold, from 0 to 1 and more. */
export function nearness(census: Census, { sysctls, range }: CheapCounts, share: number): number {
  const ports = Math.max(0, ...census.destinations.map((one) => one.ports));
  const waits = Math.max(0, ...census.listeners.map(({ timeWaits }) => timeWaits));
  const buckets = sysctls.tcp_max_tw_buckets ?? Number.POSITIVE_INFINITY;
  return Math.max(ports / (share * range.count), waits / (share * buckets));
}

export function isNear(nearness: number): boolean {
  return nearness >= nearFrom;
}

/** So often one is taken for whoever measures, in microseconds: a walk over many sockets is dear. */
const measuredEveryUs = 15e6;
const rarelyUs = 60e6;
const mostOften = 10_000;

/**
 * How long after a census the next may be taken for whoever measures. Looks that are rarer than that keep a budget: it is
 * not to be spent on this.
 */
export function measuredAfterUs(sockets: number, sinceLookUs: number): number {
  return sockets > mostOften || sinceLookUs > measuredEveryUs ? rarelyUs : measuredEveryUs;
}
