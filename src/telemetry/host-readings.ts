import type { HostLook } from '../connection/host-facts.ts';
import type { Instant } from '../tcp/identity.ts';
import { DropReadings } from './drop-readings.ts';
import type { Reading } from './measurements.ts';
import { PlaceReadings } from './place-readings.ts';
import { QueueReadings } from './queue-readings.ts';

export interface HostReadingsOptions {
  /** Somebody measures. */
  readonly isHeard: () => boolean;
  /** Whether this thread tells of the network namespace's counters: one of a process, so that nothing is counted twice. */
  readonly speaksForNamespace: boolean;
}

/** What there is to read of what the connections have in common: places, queues, and what full queues have dropped. */
export class HostReadings {
  readonly places: PlaceReadings;
  readonly #queues = new QueueReadings();
  readonly #drops: DropReadings | undefined;

  constructor({ isHeard, speaksForNamespace }: HostReadingsOptions) {
    this.places = new PlaceReadings(isHeard);
    this.#drops = speaksForNamespace ? new DropReadings() : undefined;
  }

  /** A look is over. */
  look(look: HostLook, at: Instant): void {
    this.#queues.look(look, at);
    this.#drops?.look(look);
  }

  readings(now: Instant): readonly Reading[] {
    return [...this.places.readings(now), ...this.#queues.readings(now), ...(this.#drops?.readings() ?? [])];
  }
}
