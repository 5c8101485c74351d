import type { ConnectionView } from '../connection/view.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Limit } from './growth.ts';

/** What one look brings besides the groups. */
export interface Look {
  readonly at: Instant;
  /** Open files of this process and how many it may have; undefined where the host does not say. */
  readonly descriptors: Limit | undefined;
  /** Wall time of an instant, ISO 8601. */
  readonly wallTime: (at: Instant) => string;
  /** The trace that a connection was opened in. */
  readonly traceOf: (connection: ConnectionView) => string | undefined;
}
