import type { Instant } from '../tcp/identity.ts';
import { looksToClear } from './raise.ts';

interface OpenPlace {
  readonly since: Instant;
  /** All that there is was taken, all but a little. */
  reached: boolean;
  looks: number;
  missed: number;
}

/** What is remembered of each place for as long as its finding may be open: when it began, and how bad it was. */
export class OpenPlaces {
  readonly #places = new Map<string, OpenPlace>();

  wasReached(where: string): boolean {
    return this.#places.get(where)?.reached === true;
  }

  /** It is in trouble at this look; says since when. `since`: where this is the first look at it. */
  found(where: string, reached: boolean, since: Instant): Instant {
    const place = this.#places.get(where) ?? { since, reached, looks: 0, missed: 0 };
    place.reached = reached;
    place.looks++;
    place.missed = 0;
    this.#places.set(where, place);
    return place.since;
  }

  /** After a look: what was found at no more than one look was not told of yet, and is not waited for. */
  looked(found: ReadonlyMap<string, unknown>): void {
    for (const [where, place] of this.#places) {
      if (found.has(where)) continue;
      place.reached = false;
      if (place.looks < 2 || ++place.missed >= looksToClear) this.#places.delete(where);
    }
  }
}
