import type { Netns } from './netns.ts';
import type { Comparison, Samples } from './rounds.ts';

/** One line of a benchmark's result. */
export interface Row {
  /** What was measured. */
  readonly variant: string;
  /** The variant that it is set against; alone without one. */
  readonly against?: string;
  /** Most that it may be, as a ratio to `against`, a difference from it, or alone. `noise`: as bare against itself. */
  readonly atMost?: number | 'noise';
}

/** One kind of measurement: all its variants in the same rounds. */
export interface Benchmark {
  readonly name: string;
  /** What the numbers are of, for people. */
  readonly what: string;
  /** The unit of a number that stands alone. */
  readonly unit: string;
  readonly compared: Comparison;
  readonly rows: readonly Row[];
  /** How it is measured, in a sentence or two. */
  readonly how: string;
  readonly run: (setting: Setting) => Promise<Measured>;
}

export interface Measured {
  readonly samples: Samples;
  /** What could not be measured, with what would make it possible. */
  readonly skipped: Readonly<Record<string, string>>;
}

/** What a benchmark is run with. */
export interface Setting {
  /** Small loads and few rounds: shows that everything runs, and no number is to be believed. */
  readonly quick: boolean;
  /** Instead of each benchmark's own number of rounds. */
  readonly rounds: number | undefined;
  readonly random: () => number;
  /** Where the packages are that synfin is measured against; undefined when they could not be installed. */
  readonly peers: string | undefined;
  /** What the bench compiled of `c/`, by name; undefined without a C compiler. */
  readonly programs: ReadonlyMap<string, string> | undefined;
  /** A network of its own, or what that would need. */
  readonly makeNetns: () => Promise<Netns | string>;
  /** Says what goes on. */
  readonly note: (text: string) => void;
}

/** Rounds of a benchmark that has so many by default. */
export function roundsOf({ quick, rounds, random }: Setting, usual: { count: number; warmUps: number }) {
  const { count, warmUps } = quick ? { count: 1, warmUps: 0 } : usual;
  return { count: rounds ?? count, warmUps, random };
}
