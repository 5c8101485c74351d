import { resolve } from 'node:path';

/** How much shorter, and how short a range of samples may get. */
export interface Hurry {
  readonly factor: number;
  readonly leastMs: number;
}

interface Shortened {
  shortened(text: string, hurry: Hurry): string;
  shortenedExpression(expression: string, hurry: Hurry): string;
  millisecondsOf(duration: string): number;
}

/** The example's own: what it does to the rules is what the tests do. */
export const { shortened, shortenedExpression, millisecondsOf } = (await import(
  resolve('examples/prometheus/shortened.mjs')
)) as Shortened;
