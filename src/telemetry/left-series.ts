import type { MeterProvider } from '@opentelemetry/api';
import type { Reading } from './measurements.ts';

interface Left {
  readonly series: readonly Reading[];
  /** They are not told to be 0 any more. */
  readonly end: () => void;
}

const left = new WeakMap<MeterProvider, Left>();

/**
 * A provider to which nobody tells anything from now on shows what it was told last for ever. Until somebody tells it
 * again, all of that is told to be 0.
 */
export function leave(provider: MeterProvider, those: Left): void {
  left.set(provider, those);
}

/** Somebody tells it again: what there is of it in this provider, to be told as 0 where it is gone. */
export function takeUp(provider: MeterProvider): readonly Reading[] {
  const there = left.get(provider);
  left.delete(provider);
  there?.end();
  return there?.series ?? [];
}
