import { setTimeout as delay } from 'node:timers/promises';
import type { Instant } from '../tcp/identity.ts';
import { type CpuTimes, othersLagUs, threadLagUs } from './cpu-clock.ts';
import { Slices } from './slices.ts';

export interface PaceOptions {
  readonly now: () => Instant;
  /** The pause between two looks, as long as the budget allows it. */
  readonly intervalMs: number;
  /** Share of one core that looking may take. */
  readonly cpuBudget: number;
  readonly cpu: () => CpuTimes | undefined;
}

/** What looking has cost. Milliseconds of CPU, or of wall time where no CPU clock could bound it: never less than was spent. */
export interface Spent {
  readonly looks: number;
  readonly cpuMs: number;
  /** The last look. */
  readonly lookMs: number;
  /** The pause between two looks: `intervalMs`, or longer to keep `cpuBudget`. */
  readonly everyMs: number;
}

/** How often a source looks, so that it keeps its share of a core: looks grow rarer rather than less whole. */
export class Pace {
  readonly #options: PaceOptions;
  #looks = 0;
  #spentUs = 0;
  #unpaidUs = 0;
  #lookUs = 0;
  #everyMs: number;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#everyMs = options.intervalMs;
  }

  /** A look begins. Several may be under way: each pays. */
  look(): PacedLook {
    const { now, cpu } = this.#options;
    return new PacedLook(new Slices(now), cpu, (us) => this.#paid(us));
  }

  /** How long to wait now: what was spent since the last time, divided by its share. */
  pause(): number {
    this.#everyMs = Math.max(this.#options.intervalMs, Math.ceil(this.#unpaidUs / 1000 / this.#options.cpuBudget));
    this.#unpaidUs = 0;
    return this.#everyMs;
  }

  /** Waits that long; ends at once when the signal aborts. Does not keep the process alive. */
  async wait(signal: AbortSignal): Promise<number> {
    const ms = Math.min(this.pause(), longestTimerMs);
    if (!signal.aborted) await delay(ms, undefined, { ref: false, signal }).catch(() => {});
    return ms;
  }

  spent(): Spent {
    return {
      looks: this.#looks,
      cpuMs: this.#spentUs / 1000,
      lookMs: this.#lookUs / 1000,
      everyMs: this.#everyMs,
    };
  }

  /** What follows from a look costs as well. */
  charge(us: number): void {
    this.#spentUs += us;
    this.#unpaidUs += us;
  }

  #paid(us: number): void {
    this.#looks++;
    this.#lookUs = us;
    this.#spentUs += us;
    this.#unpaidUs += us;
  }
}

/** A longer one fires at once (timers.md, setTimeout). */
const longestTimerMs = 2 ** 31 - 1;

/** One look at the kernel: what it takes on the event loop, and elsewhere. */
export class PacedLook {
  readonly slices: Slices;
  readonly #cpu: () => CpuTimes | undefined;
  readonly #before: CpuTimes | undefined;
  readonly #pay: (us: number) => void;
  #elsewhereUs = 0;
  #childUs = 0;

  constructor(slices: Slices, cpu: () => CpuTimes | undefined, pay: (us: number) => void) {
    this.slices = slices;
    this.#cpu = cpu;
    this.#before = cpu();
    this.#pay = pay;
  }

  /** Another thread of this process worked for it, or waited, for so long. */
  elsewhere(us: number): void {
    this.#elsewhereUs += us;
  }

  /** Another process did. */
  inChild(us: number): void {
    this.#childUs += us;
  }

  /**
   * It is over. Two upper bounds for what it took, and the lower one rules: how long it took by the wall's clock, and how
   * much CPU the thread, and all the others of the process together, had meanwhile.
   */
  end(): void {
    this.slices.end();
    const after = this.#before && this.#cpu();
    let [onLoop, elsewhere] = [this.slices.spentUs, this.#elsewhereUs];
    if (this.#before && after) {
      const thread = after.thread - this.#before.thread;
      const others = after.process - this.#before.process - thread;
      onLoop = Math.min(onLoop, Math.max(0, thread) + threadLagUs);
      elsewhere = Math.min(elsewhere, Math.max(0, others) + othersLagUs);
    }
    this.#pay(onLoop + elsewhere + this.#childUs);
  }
}
