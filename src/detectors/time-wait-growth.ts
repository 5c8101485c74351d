import type { Instant } from '../tcp/identity.ts';
import type { PortForecast } from './port-trend.ts';
import { PortTrend } from './port-trend.ts';

/** Censuses that must say so one after the other; where there is more than a minute left, one more. */
const looksToForecast = 3;
const soonS = 60;

/** Where the TIME_WAITs of a place are going to. */
export class TimeWaitGrowth {
  readonly #trend = new PortTrend();
  #foreseen = 0;

  /** `held`: of the limit, by what is no TIME_WAIT and ends when it likes. */
  look(at: Instant, held: number, timeWaits: number, limit: number): void {
    this.#trend.look(at, held, timeWaits);
    this.#foreseen = held + timeWaits < limit && this.#trend.forecast(limit) ? this.#foreseen + 1 : 0;
  }

  /** When the limit is reached, if it is within the hour. */
  forecast(limit: number): PortForecast | undefined {
    if (this.#foreseen < looksToForecast) return undefined;
    const forecast = this.#trend.forecast(limit);
    const enough = looksToForecast + (forecast && forecast.reached_in_s > soonS ? 1 : 0);
    return this.#foreseen >= enough ? forecast : undefined;
  }
}
