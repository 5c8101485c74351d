/** A time in one unit, as people say it. */
export interface Spelled {
  readonly value: number;
  readonly unit: 'ms' | 's' | 'min' | 'h';
}

/** Below two minutes in seconds, below two hours in minutes. */
export function spelled(seconds: number): Spelled {
  if (seconds < 120) return { value: Math.round(seconds * 10) / 10, unit: 's' };
  if (seconds < 7200) return { value: Math.round(seconds / 60), unit: 'min' };
  return { value: Math.round(seconds / 3600), unit: 'h' };
}

/** Of milliseconds: below a second as they are. */
export function spelledMs(ms: number): Spelled {
  return ms < 1000 ? { value: ms, unit: 'ms' } : { value: Math.round(ms / 100) / 10, unit: 's' };
}

/** `34 s`, `12 min`, `3 h`. */
export function spell(seconds: number): string {
  const { value, unit } = spelled(seconds);
  return `${value} ${unit}`;
}

/** `250 ms`, `1.5 s`. */
export function spellMs(ms: number): string {
  const { value, unit } = spelledMs(ms);
  return `${value} ${unit}`;
}
