import type { Instant } from '../tcp/identity.ts';
import type { Census } from './census.ts';
import type { EphemeralRange } from './ephemeral-range.ts';
import type { Sysctls } from './host-fact.ts';

/** A census of all states that saw every socket, for whoever measures. */
export interface CountedPlaces {
  readonly at: Instant;
  readonly census: Census;
  /** TIME_WAITs towards all destinations: the census names no more than some of these. */
  readonly outward: number;
  /** Ports that this process listens on. */
  readonly ours: ReadonlySet<number>;
  readonly sysctls: Sysctls;
  readonly range: EphemeralRange;
  /** The next one comes after so many microseconds, at the earliest. */
  readonly everyUs: number;
}
