import { now } from '../../src/monotonic.ts';
import { Pace, type PacedLook, type PaceOptions } from '../../src/sources/pace.ts';

/** A look that nobody counts. */
export function freeLook(): PacedLook {
  return freePace().look();
}

/** As often as one may look, unless said otherwise. */
export function freePace(options: Partial<PaceOptions> = {}): Pace {
  return new Pace({ now, intervalMs: 1, cpuBudget: 1, cpu: () => undefined, ...options });
}
