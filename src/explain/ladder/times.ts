import type { LadderWords } from './words.ts';

/** Seconds with the precision that a ladder needs, from hundredths of a millisecond to days: `0.06 ms`, `34.2 s`. */
export function duration(seconds: number, units: LadderWords['units']): string {
  if (seconds === 0) return `0${units.s}`;
  for (const [unit, size, below] of scales) if (seconds < below) return `${rounded(seconds / size)}${units[unit]}`;
  return `${rounded(seconds / 86_400)}${units.d}`;
}

/** A pause that a reader should see, in seconds. */
export const longGap = 1;

const scales = [
  ['ms', 0.001, 0.9995],
  ['s', 1, 120],
  ['min', 60, 7200],
  ['h', 3600, 172_800],
] as const;

/** Three digits that count. */
function rounded(value: number): string {
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return String(Number(value.toFixed(digits)));
}
