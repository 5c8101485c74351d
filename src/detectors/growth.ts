import type { Instant } from '../tcp/identity.ts';
import type { Forecast, Severity } from './detector.ts';

/** Five minutes of looks at the default interval. */
const mostLooks = 60;

const leastGapUs = 2_500_000;

/** A forecast from less would be a guess. */
const leastLooks = 5;
const leastSpanUs = 60_000_000;

/** What is left of a limit, for a forecast. */
export interface Limit {
  readonly usage: number;
  readonly limit: number;
}

/** How a count has grown over the last looks. */
export class Growth {
  readonly #looks: { at: Instant; count: number }[] = [];

  look(at: Instant, count: number): void {
    // Looks in quick succession share a place, so that the places reach back for minutes.
    const before = this.#looks.at(-2);
    if (before !== undefined && at - before.at < leastGapUs) this.#looks.pop();
    this.#looks.push({ at, count });
    if (this.#looks.length > mostLooks) this.#looks.shift();
  }

  /**
   * Connections a minute; 0 before there are two looks. From the median of the older half of the looks to that of the
   * newer half: one burst among many looks is not growth.
   */
  get perMinute(): number {
    const half = this.#looks.length >> 1;
    const older = middleOf(this.#looks.slice(0, half));
    const newer = middleOf(this.#looks.slice(-half));
    if (older === undefined || newer === undefined || newer.at <= older.at) return 0;
    return ((newer.count - older.count) / (newer.at - older.at)) * 60e6;
  }

  /** When the limit is reached if it goes on like this; undefined when nothing grows or not enough was seen. */
  forecast(limit: Limit | undefined): Forecast | undefined {
    const { perMinute } = this;
    if (limit === undefined || perMinute <= 0) return undefined;
    if (this.#looks.length < leastLooks || this.#span() < leastSpanUs) return undefined;
    const left = Math.max(0, limit.limit - limit.usage);
    return { limit: limit.limit, reached_in_s: Math.round((left / perMinute) * 60) };
  }

  #span(): number {
    const first = this.#looks[0];
    const last = this.#looks.at(-1);
    return first && last ? last.at - first.at : 0;
  }
}

/** The median count, at the middle of the time. */
function middleOf(looks: readonly { at: Instant; count: number }[]): { at: number; count: number } | undefined {
  if (looks.length === 0) return undefined;
  const counts = looks.map(({ count }) => count).sort((a, b) => a - b);
  return { at: middle(looks.map(({ at }) => at)), count: middle(counts) };
}

function middle(sorted: readonly number[]): number {
  const upper = sorted[sorted.length >> 1] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? 0)) / 2;
}

const withinTheHour = 3600;

/** Critical when the limit is reached, all but a twentieth, or will be within the hour. */
export function severityOf(limit: Limit | undefined, forecast: Forecast | undefined): Severity {
  const reached = limit !== undefined && limit.usage >= limit.limit * 0.95;
  return reached || (forecast !== undefined && forecast.reached_in_s <= withinTheHour) ? 'critical' : 'warning';
}
