import type { Author, CloseReason, TimeWaitSample } from '../connection/census.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import { rounded } from './case.ts';
import type { SampledConnection } from './detector.ts';

const mostSampled = 10;

/** The TIME_WAITs of a place, by whoever made them. */
export interface Made {
  readonly timeWaits: number;
  readonly authors: readonly Author[];
}

/** What made most of them, of those that this process made. */
export interface Majority {
  readonly why: CloseReason;
  /** Of whatever reason. */
  readonly own: number;
  /** Of this reason, at their lines, the most frequent first. */
  readonly authors: readonly Author[];
  readonly inferred: boolean;
}

/** Undefined where this process made none, or others made more of them than it did. */
export function majorityOf({ timeWaits, authors }: Made): Majority | undefined {
  const byReason = new Map<CloseReason, number>();
  for (const { why, count } of authors) byReason.set(why, (byReason.get(why) ?? 0) + count);
  const sum = [...byReason.values()].reduce((total, count) => total + count, 0);
  const own = Math.min(sum, timeWaits);
  const [most] = [...byReason].sort(([, one], [, other]) => other - one);
  if (most === undefined || own * 2 < timeWaits) return undefined;
  const [why] = most;
  const ofIt = authors.filter((author) => author.why === why);
  return { why, own, authors: ofIt, inferred: ofIt.some(({ inferred }) => inferred) };
}

/** Seconds since the first of them was closed. */
export function oldestOf(authors: readonly Author[]): number {
  return Math.max(0, ...authors.map(({ oldestS }) => oldestS));
}

/** Those whose line is known first. Where no socket could be recognised, the lines alone. */
export function samplesOf(authors: readonly Author[]): readonly SampledConnection[] {
  const bySite = authors.toSorted((one, other) => Number(other.site !== undefined) - Number(one.site !== undefined));
  return bySite
    .flatMap(({ site, sample, oldestS }) => {
      const call_site = site?.frames() ?? [];
      if (sample.length > 0) return sample.map((one) => sampled(one, call_site));
      if (call_site.length === 0) return [];
      return [{ ...nobody, age_s: rounded(oldestS), call_site }];
    })
    .slice(0, mostSampled);
}

export function sampled(
  { connectionId, local, peer, ageS }: TimeWaitSample,
  call_site: readonly string[],
): SampledConnection {
  const ends = { local: formatEndpoint(local), peer: formatEndpoint(peer) };
  return { ...nobody, connection_id: connectionId, ...ends, age_s: rounded(ageS), call_site };
}

const nobody = {
  connection_id: 'unknown',
  local: null,
  peer: null,
  state: 'time_wait',
  rx_queue: 0,
  tx_queue: 0,
  trace_id: null,
} as const;
