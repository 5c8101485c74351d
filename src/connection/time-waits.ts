import type { FourTuple } from '../tcp/endpoint.ts';
import { type Instant, instant } from '../tcp/identity.ts';
import { Authorship, timeWaitSample } from './authorship.ts';
import type { Author, Glance, TimeWaitSample } from './census.ts';
import type { LoggedRecord } from './closed-log.ts';

/** TCP_TIMEWAIT_LEN; the timer may be armed for two seconds more. */
export const timeWaitS = 60;

const mostSampled = 5;

/** The timer wheel has them end up to two seconds late, one on the average. */
const timerOffS = 1;

/** The TIME_WAITs of one place, as a walk over the sockets comes across them. */
export class TimeWaits {
  readonly #authorship: Authorship;
  /** By its timer alone it is known to some seconds when one began. */
  readonly #latelyS: number;
  #unclaimedLately = 0;
  readonly #unclaimed: TimeWaitSample[] = [];
  /** Those that began when everything that was closed is still remembered. */
  #remembered = 0;
  #inferred = false;
  count = 0;

  /** What was closed in the seconds before the census says how fast they are made. */
  constructor(at: Instant, latelyS: number) {
    this.#authorship = new Authorship(instant(at - latelyS * 1e6));
    this.#latelyS = latelyS;
  }

  /** `record`: what this process knows of it, where it closed it. */
  add(socket: Glance, tuple: FourTuple, record: LoggedRecord | undefined, at: Instant, rememberedS: number): void {
    this.count++;
    const passedS = timeWaitS - (socket.expiresMs ?? 0) / 1000;
    const ageS = Math.max(0, passedS);
    if (ageS <= rememberedS) this.#remembered++;
    if (record) {
      const sample = () => timeWaitSample(socket.cookie, tuple, Math.max(0, at - record.closedAt) / 1e6);
      this.#authorship.add(record, sample);
      return;
    }
    if (passedS < this.#latelyS - timerOffS) this.#unclaimedLately++;
    if (this.#unclaimed.length < mostSampled) this.#unclaimed.push(timeWaitSample(socket.cookie, tuple, ageS));
  }

  /** One that was closed towards this place, and may be in TIME_WAIT: it stands for so many, less than one perhaps. */
  addInferred(record: LoggedRecord, weight: number): void {
    this.#inferred = true;
    this.#authorship.add(record, undefined, weight);
  }

  /** Those of which it is not known who made them. */
  get unknown(): number {
    return this.count - this.#authorship.count;
  }

  /** A few of these. */
  get unclaimed(): readonly TimeWaitSample[] {
    return this.#unclaimed;
  }

  /** Of those, so many a second. */
  get unclaimedPerSecond(): number {
    return this.#unclaimedLately / this.#latelyS;
  }

  /** Where not all that was closed is remembered, those that began since then stand for the others. */
  authors(at: Instant): readonly Author[] {
    const known = this.#authorship.count;
    const partly = this.#remembered > 0 && this.#remembered < this.count && known > 0;
    const factor = partly ? Math.min(this.count / this.#remembered, this.count / known) : 1;
    return this.#authorship.authors(at, factor, this.#inferred || factor !== 1);
  }
}
