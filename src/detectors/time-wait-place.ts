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
  /** Those that this process has made lately, for whatever reason; 0 where it has made none since the look before. */
  readonly perSecond: number;
}

/** What was said to be the cause is, until another reason has made so many times as many. */
const leads = 1.2;

/** Undefined where this process made none. `said`: the cause, as it was told at the look before. */
export function majorityOf({ timeWaits, authors }: Made, said?: CloseReason): Majority | undefined {
  const byReason = new Map<CloseReason, number>();
  for (const { why, count } of authors) byReason.set(why, (byReason.get(why) ?? 0) + count);
  const sum = [...byReason.values()].reduce((total, count) => total + count, 0);
  const own = Math.min(sum, timeWaits);
  const [most] = [...byReason].sort(([, one], [, other]) => other - one);
  if (most === undefined) return undefined;
  const before = said === undefined ? 0 : (byReason.get(said) ?? 0);
  const why = said !== undefined && before > 0 && most[1] < before * leads ? said : most[0];
  const ofIt = authors.filter((author) => author.why === why);
  const perSecond = authors.reduce((total, author) => total + author.perSecond, 0);
  return { why, own, authors: ofIt, inferred: ofIt.some(({ inferred }) => inferred), perSecond };
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
