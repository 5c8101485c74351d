import type { Instant } from '../tcp/identity.ts';
import type { CpuTimes } from './cpu-clock.ts';

/** A shorter rest than this, in microseconds, says little of what is usual: the clocks lag by a tick. */
const longEnoughUs = 100_000;

/** How much CPU the other threads of the process have while nobody looks, as a share of the time. */
export class OthersRate {
  readonly #now: () => Instant;
  #looks = 0;
  #rate: number | undefined;
  #restsSince: { readonly at: Instant; readonly us: number } | undefined;

  constructor(now: () => Instant, cpu: CpuTimes | undefined) {
    this.#now = now;
    if (cpu) this.#restsSince = { at: now(), us: othersUs(cpu) };
  }

  /**
   * A look begins. Returns the rate in the rest before it, or, where there was none, in the one before that; undefined
   * before the first.
   */
  looking(cpu: CpuTimes | undefined): number | undefined {
    const rest = this.#restsSince;
    this.#looks++;
    this.#restsSince = undefined;
    if (rest && cpu) {
      const passed = this.#now() - rest.at;
      if (passed >= longEnoughUs) this.#rate = Math.max(0, othersUs(cpu) - rest.us) / passed;
    }
    return this.#rate;
  }

  rest(cpu: CpuTimes | undefined): void {
    if (--this.#looks === 0 && cpu) this.#restsSince = { at: this.#now(), us: othersUs(cpu) };
  }
}

/** The CPU time of all threads but the one that asked. */
export function othersUs({ thread, process }: CpuTimes): number {
  return process - thread;
}
