/** How much there is of something at one place. */
export interface Weighed {
  readonly key: string;
  readonly weight: number;
}

/** So many are told apart at a time. */
const mostShown = 20;

/** So many are ever named by one process: each is a series for ever. */
const mostNamed = 100;

/** The first so many are named for the asking; from then on it takes a share of what there may be. */
const freelyNamed = 40;
const leastShare = 0.01;

/** A place is left for another one that has half as much again, and so many more. */
const leads = 1.5;
const leastLead = 8;

/**
 * The places that are told apart: those with most, as long as they have most. Two that are about as full do not take
 * turns, and thousands that come and go do not use up the names: those are for whatever fills a limit later. The same
 * counts in the same order have the same names.
 */
export class NamedPlaces {
  readonly #named = new Set<string>();
  #shown = new Set<string>();

  /** `limit`: what there may be at one place. */
  choose(places: readonly Weighed[], limit: number): ReadonlySet<string> {
    const here = places.filter(({ weight }) => weight > 0).sort(heaviestFirst);
    const shown = here.filter(({ key }) => this.#shown.has(key));
    for (const place of here) {
      if (this.#shown.has(place.key) || !this.#isNameable(place, limit)) continue;
      if (shown.length >= mostShown) {
        const least = shown.at(-1);
        // Whoever comes next has less.
        if (least === undefined || !isWellAhead(place, least)) break;
        shown.pop();
      }
      this.#named.add(place.key);
      shown.push(place);
      shown.sort(heaviestFirst);
    }
    this.#shown = new Set(shown.map(({ key }) => key));
    return this.#shown;
  }

  #isNameable({ key, weight }: Weighed, limit: number): boolean {
    if (this.#named.has(key) || this.#named.size < freelyNamed) return true;
    return this.#named.size < mostNamed && weight >= limit * leastShare;
  }
}

function isWellAhead(one: Weighed, other: Weighed): boolean {
  return one.weight >= other.weight * leads && one.weight >= other.weight + leastLead;
}

function heaviestFirst(one: Weighed, other: Weighed): number {
  return other.weight - one.weight || (one.key < other.key ? -1 : 1);
}
