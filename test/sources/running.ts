import assert from 'node:assert/strict';
import type { Lost, Observation, Row, SweepEnd } from '../../src/connection/observation.ts';
import type { Source } from '../../src/sources/source.ts';

/** A source that runs, and what it has said so far. */
export class Running {
  readonly rows: Row[] = [];
  readonly ends: SweepEnd[] = [];
  readonly lost: Lost[] = [];
  readonly over: Promise<unknown>;
  readonly #abort = new AbortController();

  constructor(source: Source) {
    // It keeps nothing alive itself.
    const alive = setInterval(() => {}, 1000);
    this.over = source
      .run((observation) => this.#heard(observation), this.#abort.signal)
      .catch((error: unknown) => error)
      .finally(() => clearInterval(alive));
  }

  /** Until so many sweeps are over. */
  async sweeps(count: number): Promise<void> {
    for (let turns = 0; this.ends.length < count; turns++) {
      assert.ok(turns < 5000, `${this.ends.length} of ${count} sweeps`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.over;
  }

  #heard(observation: Observation): void {
    if (observation.kind === 'row') this.rows.push(observation);
    else if (observation.kind === 'sweep_end') this.ends.push(observation);
    else if (observation.kind === 'lost') this.lost.push(observation);
  }
}
