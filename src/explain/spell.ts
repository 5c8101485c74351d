/** A time in one unit, as people say it. */
export interface Spelled {
  readonly value: number;
  readonly unit: 's' | 'min' | 'h';
}

/** Below two minutes in seconds, below two hours in minutes. */
export function spelled(seconds: number): Spelled {
  if (seconds < 120) return { value: Math.round(seconds * 10) / 10, unit: 's' };
  if (seconds < 7200) return { value: Math.round(seconds / 60), unit: 'min' };
  return { value: Math.round(seconds / 3600), unit: 'h' };
}

/** `34 s`, `12 min`, `3 h`. */
export function spell(seconds: number): string {
  const { value, unit } = spelled(seconds);
  return `${value} ${unit}`;
}
