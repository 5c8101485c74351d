import type { Row } from '../connection/observation.ts';
import type { Slices } from '../sources/slices.ts';
import type { Report } from '../sources/source.ts';
import { type Endpoint, formatEndpoint, fourTupleKey } from '../tcp/endpoint.ts';
import type { SocketIdentity } from '../tcp/identity.ts';

export interface UnacceptedPorts {
  /** Whether this process holds the listener that a connection came to; undefined where it cannot be told. */
  readonly isOurListener: (local: Endpoint) => Promise<boolean | undefined>;
  /** It waits at a listener of ours. */
  readonly adopt: (id: SocketIdentity) => void;
  readonly report: Report;
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  /** It waits at somebody else's. */
  readonly reject: (row: Row) => void;
}

/**
 * Connections that have given up waiting to be accepted: the peer has finished, and nobody has a descriptor. Those that
 * are still there at the next look are asked about: who holds the listener shows in /proc alone.
 */
export class Unaccepted {
  readonly #ports: UnacceptedPorts;
  /** Seen at the last look. */
  #seen: ReadonlySet<string> = new Set();

  constructor(ports: UnacceptedPorts) {
    this.#ports = ports;
  }

  /** Of the rows of strangers, those that nobody has open. `slices` has not begun. */
  async place(rows: readonly Row[], slices: Slices): Promise<void> {
    const { isOurListener, adopt, report, settle, reject } = this.#ports;
    const seen = new Set<string>();
    const answers = new Map<string, boolean | undefined>();
    const ours: Row[] = [];
    slices.begin();
    for (const row of rows) {
      if (slices.isOver()) await slices.rest();
      const { cookie, inode, tuple } = row.id;
      if (inode !== undefined || tuple === undefined || row.state !== 'close_wait') continue;
      const name = cookie ?? fourTupleKey(tuple);
      seen.add(name);
      if (!this.#seen.has(name)) continue;
      const listener = formatEndpoint(tuple.local);
      if (!answers.has(listener)) {
        slices.end();
        answers.set(listener, await isOurListener(tuple.local));
        slices.begin();
      }
      const answer = answers.get(listener);
      if (answer === false) reject(row);
      if (answer !== true) continue;
      adopt(row.id);
      ours.push(row);
    }
    slices.end();
    this.#seen = seen;
    if (ours.length === 0) return;
    await settle();
    slices.begin();
    for (const row of ours) {
      if (slices.isOver()) await slices.rest();
      report(row);
    }
    slices.end();
  }
}
