import type { ConnectionView } from '../connection/view.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Case } from './case.ts';
import { caseOf } from './connection-case.ts';
import type { Detector, Finding } from './detector.ts';
import { Dwell } from './dwell.ts';
import { type Found, grouping } from './group.ts';
import type { Look } from './look.ts';
import { Raiser } from './raise.ts';
import { atOnce, type Steps } from './steps.ts';

/** Runs the detectors over the suspicious connections, look by look. */
export class Watch {
  readonly #detectors: readonly { readonly detector: Detector; readonly dwell: Dwell }[];
  readonly #raiser: Raiser;

  constructor(detectors: readonly Detector[], origin: string) {
    this.#raiser = new Raiser(origin);
    this.#detectors = detectors.map((detector) => ({ detector, dwell: new Dwell() }));
  }

  /** What there is to tell after one look. `clock` is the event loop's own time, in which patience is counted. */
  look(suspects: readonly ConnectionView[], clock: Instant, look: Look, others: readonly Case[] = []): Finding[] {
    return atOnce(this.looking(suspects, clock, look, others));
  }

  /** The same, step by step. `others`: what is wrong with the host around the connections. */
  *looking(
    suspects: readonly ConnectionView[],
    clock: Instant,
    look: Look,
    others: readonly Case[] = [],
  ): Steps<Finding[]> {
    const found: Found[] = [];
    for (const { detector, dwell } of this.#detectors) {
      for (const connection of suspects) {
        yield;
        const verdict = detector.examine(connection);
        if (verdict.kind !== 'found') continue;
        if (!dwell.isRipe(connection, detector.patience, clock, detector.standstill?.(connection))) continue;
        found.push({ kind: detector.kind, cause: verdict.cause, connection });
      }
      yield* dwell.endingLook();
    }
    const cases = (yield* grouping(found)).map(caseOf);
    return yield* this.#raiser.looking([...cases, ...others], look);
  }

  /** Whether a finding that was told is about this connection. */
  isAccused(connectionId: string): boolean {
    return this.#raiser.isAccused(connectionId);
  }

  /** The leak that was told and that this connection was found in at the last look. */
  leakOf(connectionId: string): Finding | undefined {
    return this.#raiser.leakOf(connectionId);
  }

  /** Those that are open now. */
  findings(): readonly Finding[] {
    return this.#raiser.findings();
  }
}
