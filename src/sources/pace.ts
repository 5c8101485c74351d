import { setTimeout as delay } from 'node:timers/promises';
import type { Instant } from '../tcp/identity.ts';
import { type CpuTimes, othersLagUs, threadLagUs } from './cpu-clock.ts';
import { OthersRate, othersUs } from './others-rate.ts';
import { Slices } from './slices.ts';

export interface PaceOptions {
  readonly now: () => Instant;
  /** The pause between two looks, as long as the budget allows it. */
  readonly intervalMs: number;
  /** Share of one core that looking may take. */
  readonly cpuBudget: number;
  readonly cpu: () => CpuTimes | undefined;
  /** So much may be spent before it is saved. */
  readonly aheadMs?: number;
}

/**
 * What the first looks take once and never again: code is compiled, the kernel's tables are walked cold. Without it the
 * second look of a service on a busy machine would come a quarter of a minute after the first. A quarter of a
 * minute's budget by default; over any longer time the share is kept.
 */
const startUpMs = 150;

/** What looking has cost. Milliseconds of CPU, or of wall time, within bounds, where there is no CPU clock. */
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
  readonly #others: OthersRate;
  readonly #mostAheadUs: number;
  /** What may be spent now without waiting for it. */
  #aheadUs: number;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#everyMs = options.intervalMs;
    this.#mostAheadUs = (options.aheadMs ?? startUpMs) * 1000;
    this.#aheadUs = this.#mostAheadUs;
    this.#others = new OthersRate(options.now, options.cpu());
  }

  /** A look begins. Several may be under way: each pays. */
  look(): PacedLook {
    const { now, cpu } = this.#options;
    return new PacedLook(now, cpu, this.#others, (us) => this.#paid(us));
  }

  /** How long to wait now: what was spent since the last time, but for what may be spent ahead, divided by its share. */
  pause(): number {
    const { intervalMs, cpuBudget } = this.#options;
    const saved = intervalMs * 1000 * cpuBudget + this.#aheadUs;
    const over = Math.max(0, this.#unpaidUs - saved);
    this.#everyMs = intervalMs + Math.ceil(over / 1000 / cpuBudget);
    this.#aheadUs = Math.min(this.#mostAheadUs, Math.max(0, saved - this.#unpaidUs));
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
export const longestTimerMs = 2 ** 31 - 1;

/**
 * No call in the pool is held to have worked longer than this, in microseconds, where no CPU clock tells: a page of a
 * table and a datagram take a tenth of it, the first of each, for which the kernel walks through its whole hash table,
 * up to all of it. What is over that was waiting for a thread of the pool.
 */
const longestCallUs = 10_000;

/** One look at the kernel: what it takes on the event loop, and elsewhere. */
export class PacedLook {
  readonly slices: Slices;
  readonly #now: () => Instant;
  readonly #cpu: () => CpuTimes | undefined;
  readonly #others: OthersRate;
  readonly #startedAt: Instant;
  readonly #before: CpuTimes | undefined;
  readonly #usualRate: number | undefined;
  readonly #pay: (us: number) => void;
  #elsewhereUs = 0;
  #boundedUs = 0;
  #childUs = 0;

  constructor(now: () => Instant, cpu: () => CpuTimes | undefined, others: OthersRate, pay: (us: number) => void) {
    this.slices = new Slices(now);
    this.#now = now;
    this.#cpu = cpu;
    this.#others = others;
    this.#before = cpu();
    this.#startedAt = now();
    this.#usualRate = others.looking(this.#before);
    this.#pay = pay;
  }

  /** Another thread of this process worked for one call, or the call waited for a thread, for so long. */
  elsewhere(us: number): void {
    this.#elsewhereUs += us;
    this.#boundedUs += Math.min(us, longestCallUs);
  }

  /** Another process did. */
  inChild(us: number): void {
    this.#childUs += us;
  }

  /**
   * It is over. On the loop two upper bounds for what it took, and the lower one rules: how long it took by the wall's
   * clock, and how much CPU the thread had meanwhile. In the pool the wall is none that can be used: a call waits in the
   * application's queue, and is as long when the pool is full as the application's own calls are. Nobody counts the CPU
   * of one call. What all other threads together had is known, and what they usually have while nobody looks: what is
   * over that, is the look's. Where the application happens to do more than it did, the look pays some of that, and
   * less than it took where it does less: over many looks that comes to the same, and it is never below nothing.
   */
  end(): void {
    this.slices.end();
    const after = this.#before && this.#cpu();
    let [onLoop, elsewhere] = [this.slices.spentUs, this.#boundedUs];
    if (this.#before && after) {
      const thread = after.thread - this.#before.thread;
      const others = othersUs(after) - othersUs(this.#before);
      const usual = (this.#usualRate ?? 0) * (this.#now() - this.#startedAt);
      // Before the first rest nothing is known of the application.
      const bound = this.#usualRate === undefined ? this.#boundedUs : this.#elsewhereUs;
      onLoop = Math.min(onLoop, Math.max(0, thread) + threadLagUs);
      elsewhere = Math.min(bound, Math.max(0, others - usual) + othersLagUs);
    }
    this.#others.rest(after);
    this.#pay(onLoop + elsewhere + this.#childUs);
  }
}
