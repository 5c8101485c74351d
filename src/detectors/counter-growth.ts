import type { CounterName, Counters } from '../connection/host-fact.ts';

/** By how much each of the namespace's counters has grown from look to look. */
export class CounterGrowth {
  #before: Counters | undefined;
  #now: Counters | undefined;

  look(counters: Counters | undefined): void {
    // Counters that could not be read this time are compared with the last that could.
    this.#before = this.#now;
    this.#now = counters ?? this.#now;
  }

  /** Undefined where the kernel has none of that name, or where there was no look before. */
  of(name: CounterName): number | undefined {
    const [before, now] = [this.#before?.[name], this.#now?.[name]];
    return before === undefined || now === undefined ? undefined : grown(before, now);
  }
}

/** A counter that is lower than before was made anew with its namespace: what it had counted by then is not known. */
export function grown(before: number, now: number): number {
  return Math.max(0, now - before);
}

const wrap = 2 ** 32;

/** The same of a counter of 32 bits, which begins again at 0 after 2^32 - 1. */
export function grown32(before: number, now: number): number {
  const ahead = (now - before + wrap) % wrap;
  return ahead < wrap / 2 ? ahead : 0;
}
