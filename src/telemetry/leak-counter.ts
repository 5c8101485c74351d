import type { Lifecycle } from '../connection/lifecycle.ts';
import type { Finding } from '../detectors/detector.ts';
import type { LeakKind } from '../detectors/kinds.ts';
import { isLeak, leakAttributes } from './finding-readings.ts';
import type { Measurements } from './measurements.ts';

/** Counts each connection once for each way in which it leaks, whatever becomes of its finding. */
export class LeakCounter {
  readonly #measurements: Measurements;
  readonly #counted = new WeakMap<Lifecycle, Set<LeakKind>>();

  constructor(measurements: Measurements) {
    this.#measurements = measurements;
  }

  found(connection: Lifecycle, { kind, cause }: Finding): void {
    if (!isLeak(kind)) return;
    const kinds = this.#counted.get(connection) ?? new Set();
    if (kinds.has(kind)) return;
    this.#counted.set(connection, kinds.add(kind));
    this.#measurements.add('synfin.tcp.connection.leaks', 1, leakAttributes(kind, cause));
  }
}
