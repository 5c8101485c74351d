import type { ConnectionView } from '../connection/view.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Detector, Finding } from './detector.ts';
import { Dwell } from './dwell.ts';
import { type Found, group } from './group.ts';
import { type Look, Raiser } from './raise.ts';

/** Runs the detectors over the suspicious connections, look by look. */
export class Watch {
  readonly #detectors: readonly { readonly detector: Detector; readonly dwell: Dwell }[];
  readonly #raiser: Raiser;

  constructor(detectors: readonly Detector[], origin: string) {
    this.#raiser = new Raiser(origin);
    this.#detectors = detectors.map((detector) => ({ detector, dwell: new Dwell() }));
  }

  /** What there is to tell after one look. `clock` is the event loop's own time, in which patience is counted. */
  look(suspects: readonly ConnectionView[], clock: Instant, look: Look): Finding[] {
    const found: Found[] = [];
    for (const { detector, dwell } of this.#detectors) {
      for (const connection of suspects) {
        const verdict = detector.examine(connection);
        if (verdict.kind !== 'found' || !dwell.isRipe(connection, detector.patience, clock)) continue;
        found.push({ kind: detector.kind, cause: verdict.cause, connection });
      }
      dwell.endLook();
    }
    return this.#raiser.look(group(found), look);
  }

  /** Whether a finding that was told is about this connection. */
  isAccused(connectionId: string): boolean {
    return this.#raiser.isAccused(connectionId);
  }

  /** Those that are open now. */
  findings(): readonly Finding[] {
    return this.#raiser.findings();
  }
}
