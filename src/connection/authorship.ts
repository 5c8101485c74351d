import type { Endpoint } from '../tcp/endpoint.ts';
import { type FourTuple, formatEndpoint } from '../tcp/endpoint.ts';
import { cookieFromNumber, type Instant } from '../tcp/identity.ts';
import type { CallSite } from './call-site.ts';
import type { Author, CloseReason, TimeWaitSample } from './census.ts';
import type { LoggedRecord } from './closed-log.ts';

const mostSampled = 5;

/** More lines than these, of one reason, are counted together. */
const mostSites = 32;

/** Why, and from which lines, the TIME_WAITs of one place were made. */
export class Authorship {
  readonly #byReason = new Map<CloseReason, { readonly unsampled: Counted; readonly bySite: Map<string, Counted> }>();
  #count = 0;
  readonly #since: Instant;

  /** `since`: what was closed later says how fast they are made. */
  constructor(since: Instant) {
    this.#since = since;
  }

  /** Of how many it is known. */
  get count(): number {
    return this.#count;
  }

  add(record: LoggedRecord, sample: (() => TimeWaitSample) | undefined, times = 1): void {
    this.#count += times;
    let reason = this.#byReason.get(record.why);
    if (reason === undefined) {
      reason = { unsampled: new Counted(undefined, this.#since), bySite: new Map() };
      this.#byReason.set(record.why, reason);
    }
    const { unsampled, bySite } = reason;
    const line = record.site?.frames()[0];
    let counted = line === undefined ? unsampled : bySite.get(line);
    if (counted === undefined && line !== undefined && bySite.size < mostSites) {
      counted = new Counted(record.site, this.#since);
      bySite.set(line, counted);
    }
    (counted ?? unsampled).add(record, sample, times);
  }

  /**
   * The most frequent reason first, and of each the most frequent line. Those whose line was not captured go with it.
   * `factor`: each of those that are known stands for so many.
   */
  authors(at: Instant, factor = 1, inferred = factor !== 1): readonly Author[] {
    const reasons = [...this.#byReason].map(([why, { unsampled, bySite }]) => {
      const sites = [...bySite.values()].sort((one, other) => other.count - one.count);
      const [first, ...rest] = sites;
      const all = first ? [first.with(unsampled), ...rest] : [unsampled];
      return { total: all.reduce((sum, { count }) => sum + count, 0), authors: all.map((one) => one.author(why, at)) };
    });
    return reasons
      .sort((one, other) => other.total - one.total)
      .flatMap(({ authors }) => authors)
      .map((author) => ({
        ...author,
        count: Math.round(author.count * factor),
        perSecond: author.perSecond * factor,
        inferred,
      }))
      .filter(({ count }) => count > 0);
  }
}

/** Of one reason, at one line. */
class Counted {
  readonly #site: CallSite | undefined;
  readonly #since: Instant;
  count = 0;
  #lately = 0;
  #oldest = Number.POSITIVE_INFINITY;
  #requested: Endpoint | undefined;
  readonly #sample: TimeWaitSample[] = [];

  constructor(site: CallSite | undefined, since: Instant) {
    this.#site = site;
    this.#since = since;
  }

  add({ closedAt, place }: LoggedRecord, sample: (() => TimeWaitSample) | undefined, times: number): void {
    this.count += times;
    if (closedAt > this.#since) this.#lately += times;
    if (closedAt < this.#oldest) this.#oldest = closedAt;
    this.#requested ??= place?.requested;
    if (sample && this.#sample.length < mostSampled) this.#sample.push(sample());
  }

  /** Those of another one besides. */
  with(other: Counted): Counted {
    const both = new Counted(this.#site, this.#since);
    both.count = this.count + other.count;
    both.#lately = this.#lately + other.#lately;
    both.#oldest = Math.min(this.#oldest, other.#oldest);
    both.#requested = this.#requested ?? other.#requested;
    both.#sample.push(...[...this.#sample, ...other.#sample].slice(0, mostSampled));
    return both;
  }

  author(why: CloseReason, at: Instant): Author {
    const oldestS = this.count > 0 ? Math.max(0, at - this.#oldest) / 1e6 : 0;
    const perSecond = at > this.#since ? (this.#lately / (at - this.#since)) * 1e6 : 0;
    const [site, requested, sample] = [this.#site, this.#requested, this.#sample];
    return { why, count: this.count, site, oldestS, perSecond, requested, sample, inferred: false };
  }
}

export function timeWaitSample(cookie: number, { local, peer }: FourTuple, ageS: number): TimeWaitSample {
  const connectionId = cookieFromNumber(cookie) ?? `tcp:${formatEndpoint(local)}-${formatEndpoint(peer)}`;
  return { connectionId, local, peer, ageS };
}
