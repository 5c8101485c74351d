import { cookieNumber, type Instant, instant } from '../tcp/identity.ts';
import { type ClosedConnection, ClosedLog } from './closed-log.ts';
import { wasSeenSinceItsEnd } from './experience.ts';
import { type Lifecycle, newLifecycle } from './lifecycle.ts';
import type { Row, Transition } from './observation.ts';

/** RFC 9293, section 3.4.1, and TCP_TIMEWAIT_LEN: what Linux means by 2 MSL. */
const timeWaitUs = 60_000_000;

/** How long a connection is kept of which the kernel went on to speak after its descriptor was closed. */
const releasedUs = 600_000_000;

/** So many closed connections are remembered by cookie: a minute's worth at a thousand a second. */
const mostRemembered = 65_536;

/**
 * What is left of connections whose descriptor is closed. Most are over for all that this process can see: of these a
 * line in the log remains. Those that the kernel goes on to speak of are held until it lets them go.
 */
export class Afterlife {
  /** What this process closed. */
  readonly log: ClosedLog;
  /** When each is forgotten; the one spoken of longest ago first. */
  readonly #held = new Map<Lifecycle, Instant>();

  constructor(maxConnections: number) {
    this.log = new ClosedLog(Math.min(maxConnections, mostRemembered));
  }

  get size(): number {
    return this.#held.size;
  }

  /** True when the connection is held, until the kernel lets it go; else it is written into the log. */
  receive(connection: Lifecycle, until: Instant | undefined): boolean {
    const over = connection.state === 'closed' || !this.#isStillTold(connection);
    // TIME_WAIT is not told to a descriptor: a socket in CLOSE may go on in one. Without a cookie it is held for as long
    // as the kernel may speak of it, and noted at once.
    if (over || (connection.id.cookie === undefined && !this.#held.has(connection))) this.log.add(recordOf(connection));
    if (over) return false;
    this.#held.delete(connection);
    this.#held.set(connection, until ?? deadlineOf(connection));
    return true;
  }

  remove(connection: Lifecycle): void {
    this.#held.delete(connection);
  }

  oldest(): Lifecycle | undefined {
    const [oldest] = this.#held.keys();
    return oldest;
  }

  due(now: Instant): readonly { readonly connection: Lifecycle; readonly until: Instant }[] {
    const due = [];
    for (const [connection, until] of this.#held) if (until <= now) due.push({ connection, until });
    return due;
  }

  /** The kernel shows a connection that was closed here: it goes on without this process, or in another one. */
  recall({ id, source }: Row | Transition): Lifecycle | undefined {
    const record = id.cookie === undefined ? undefined : this.log.find(id.cookie);
    if (record === undefined) return undefined;
    const connection = newLifecycle(undefined, id, record.closedAt, source, 'established');
    connection.role = record.role;
    connection.site = record.site;
    connection.suppressed = record.suppressed;
    connection.phase = 'released';
    connection.endedAt = record.closedAt;
    return connection;
  }

  /** The kernel goes on speaking of it, or it could not be recognised if it did. */
  #isStillTold(connection: Lifecycle): boolean {
    const { id, source, state, established, role } = connection;
    if (this.#held.has(connection) || state === 'time_wait' || wasSeenSinceItsEnd(connection)) return true;
    const failed = established === undefined && role !== 'unknown';
    return !failed && (id.cookie === undefined || source === 'ebpf');
  }
}

function recordOf({ id, role, site, suppressed, endedAt, stateSince, ...of }: Lifecycle): ClosedConnection {
  const { cookie, tuple } = id;
  return {
    cookie: cookie === undefined ? 0 : cookieNumber(cookie),
    tuple,
    role,
    site,
    suppressed,
    closedAt: endedAt ?? stateSince,
    why: of.closedWhy ?? 'unknown',
    peer: role === 'client' ? tuple?.peer : undefined,
    requested: of.requested,
    port: role === 'server' ? tuple?.local.port : undefined,
  };
}

/** TIME_WAIT at its end, others when nobody has spoken of them for long. */
function deadlineOf({ state, stateSince, endedAt, lookedAt }: Lifecycle): Instant {
  if (state === 'time_wait') return instant(stateSince + timeWaitUs);
  return instant(Math.max(endedAt ?? stateSince, lookedAt ?? 0) + releasedUs);
}
