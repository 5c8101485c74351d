/** One number for each round, by the name of the variant that was measured. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** The middle of some numbers, and the quarters around it. */
export interface Summary {
  readonly median: number;
  /** A quarter of the numbers is below `q1`, a quarter above `q3`. */
  readonly q1: number;
  readonly q3: number;
  readonly count: number;
}

/** How a variant's numbers are set against those of another one, round by round. */
export type Comparison = 'ratio' | 'difference';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** In an order in which each one is as likely as any other (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen] as Item, order[last] as Item];
  }
  return order;
}

/** The value below which the given share of the numbers lies, interpolated. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function summaryOf(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    q1: quantile(values, 0.25),
    q3: quantile(values, 0.75),
    count: values.length,
  };
}

/** Each round's number of one variant against the same round's number of the other. */
export function paired(values: readonly number[], base: readonly number[], how: Comparison): number[] {
  if (values.length !== base.length) throw new RangeError(`${values.length} rounds against ${base.length}`);
  return values.map((value, round) => {
    const against = base[round] ?? Number.NaN;
    return how === 'ratio' ? value / against : value - against;
  });
}

export interface Rounds {
  readonly count: number;
  /** Rounds before, whose numbers are thrown away. */
  readonly warmUps: number;
  readonly random: () => number;
}

/** Measures every variant once in each round, each time in another order. Rejects with the first that fails. */
export async function interleaved(
  variants: readonly string[],
  { count, warmUps, random }: Rounds,
  measure: (variant: string) => Promise<number>,
): Promise<Samples> {
  const samples: Record<string, number[]> = Object.fromEntries(variants.map((variant) => [variant, []]));
  for (let round = -warmUps; round < count; round++) {
    for (const variant of shuffled(variants, random)) {
      const value = await measure(variant);
      if (round >= 0) samples[variant]?.push(value);
    }
  }
  return samples;
}

/** The rounds of both, one after the other. */
export function joined(some: Samples, more: Samples): Samples {
  const variants = new Set([...Object.keys(some), ...Object.keys(more)]);
  return Object.fromEntries(
    [...variants].map((variant) => [variant, [...(some[variant] ?? []), ...(more[variant] ?? [])]]),
  );
}
