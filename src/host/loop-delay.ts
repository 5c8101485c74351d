import type { IntervalHistogram } from 'node:perf_hooks';
import type { Report } from '../sources/source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { HostPart } from './host-watch.ts';

export interface LoopDelayPorts {
  /** Whether the delay matters: nothing is measured before. */
  readonly wanted: () => boolean;
  readonly now: () => Instant;
  readonly report: Report;
}

/**
 * Every so many milliseconds libuv notes how late it is, without running any JavaScript. Finer would wake an idle
 * process more often; what holds the loop for less than this is not seen.
 */
const resolutionMs = 200;

/** The longest time that the event loop of this thread was held since the last look. Keeps nothing alive. */
export class LoopDelay implements HostPart {
  readonly #ports: LoopDelayPorts;
  #histogram: IntervalHistogram | undefined;
  #ended = false;

  constructor(ports: LoopDelayPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { wanted, now, report } = this.#ports;
    if (!wanted() || this.#ended) {
      this.#histogram?.disable();
      this.#histogram = undefined;
      return;
    }
    if (this.#histogram === undefined) {
      const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
      this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
      // Unrefs it, too: before, it would show among the active resources.
      this.#histogram.enable();
      return;
    }
    // Each note is the time since the one before: when the loop was held in between, that is too short by up to one
    // step, and never too long.
    const longestMs = Math.max(0, this.#histogram.max / 1e6 - resolutionMs);
    // What comes right after a reset is not noted: where there is nothing to forget, it is left alone.
    if (longestMs > resolutionMs) this.#histogram.reset();
    report({ kind: 'host', source: 'userland', at: now(), scope: 'thread', fact: { name: 'loop_delay', longestMs } });
  }

  end(): void {
    this.#ended = true;
    this.#histogram?.disable();
    this.#histogram = undefined;
  }
}
