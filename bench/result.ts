import type { Benchmark, Measured, Row } from './benchmark.ts';
import { type Comparison, paired, type Summary, summaryOf } from './rounds.ts';

/** What came of one row of a benchmark. */
export interface Line {
  readonly variant: string;
  readonly against: string | undefined;
  /** In the benchmark's unit. */
  readonly alone: Summary;
  /** Of the numbers of each round: ratios or differences, as the benchmark compares. */
  readonly compared: Summary | undefined;
  readonly atMost: number | undefined;
  /** Undefined where there is no target, and where nothing is judged. */
  readonly met: boolean | undefined;
}

/** A row without a number. */
export interface Skip {
  readonly variant: string;
  readonly requirement: string;
}

export interface Result {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly comparison: Comparison;
  readonly how: string;
  readonly lines: readonly Line[];
  readonly skipped: readonly Skip[];
  readonly seconds: number;
}

/** `judged`: whether the numbers are good enough to say if a target is met. */
export function resultOf(benchmark: Benchmark, measured: Measured, judged: boolean, seconds: number): Result {
  const { name, what, unit, compared: comparison, how, rows } = benchmark;
  const lines: Line[] = [];
  const skipped: Skip[] = [];
  for (const row of rows) {
    const line = lineOf(row, rows, measured, comparison);
    if (line) lines.push(judged ? line : { ...line, met: undefined });
    else skipped.push({ variant: row.variant, requirement: requirementOf(row, measured) });
  }
  return { name, what, unit, comparison, how, lines, skipped, seconds };
}

/** All rows of a benchmark that broke. */
export function failedResult(benchmark: Benchmark, error: unknown, seconds: number): Result {
  const requirement = `a run that does not break: ${error instanceof Error ? error.message : String(error)}`;
  const skipped = Object.fromEntries(benchmark.rows.map(({ variant }) => [variant, requirement]));
  return resultOf(benchmark, { samples: {}, skipped }, false, seconds);
}

function lineOf(
  { variant, against, atMost }: Row,
  rows: readonly Row[],
  { samples }: Measured,
  how: Comparison,
): Line | undefined {
  const values = samples[variant] ?? [];
  const base = against === undefined ? undefined : samples[against];
  if (values.length === 0 || (against !== undefined && base === undefined)) return undefined;
  const alone = summaryOf(values);
  const compared = base && summaryOf(paired(values, base, how));
  const most = atMost === 'noise' ? noise(rows, samples, how) : atMost;
  const value = (compared ?? alone).median;
  return { variant, against, alone, compared, atMost: most, met: most === undefined ? undefined : value <= most };
}

/** Three quarters of the rounds in which a variant was set against itself lie below this. */
function noise(rows: readonly Row[], samples: Measured['samples'], how: Comparison): number | undefined {
  const again = rows.find(({ variant, against }) => variant === `${against} again`);
  const values = again && samples[again.variant];
  const base = again?.against === undefined ? undefined : samples[again.against];
  return values && base && summaryOf(paired(values, base, how)).q3;
}

function requirementOf({ variant, against }: Row, { skipped }: Measured): string {
  return skipped[variant] ?? (against && skipped[against]) ?? 'numbers, of which the run gave none';
}
