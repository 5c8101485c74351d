import { cookieNumber, type Instant, instant } from '../tcp/identity.ts';
import type { Glance } from './census.ts';
import { type ClosedConnection, ClosedLog } from './closed-log.ts';
import { type Lifecycle, newLifecycle } from './lifecycle.ts';
import type { Row, Transition } from './observation.ts';
import { wasSeenSinceItsEnd } from './suspect.ts';

/** RFC 9293, section 3.4.1, and TCP_TIMEWAIT_LEN: what Linux means by 2 MSL. */
const timeWaitUs = 60_000_000;

/** How long a connection is kept of which the kernel went on to speak after its descriptor was closed. */
const releasedUs = 600_000_000;

/** Most connections are past FIN_WAIT_2 so soon after their descriptor was closed: those are not worth a word. */
const briefUs = 500_000;

/** So many closed connections are remembered by cookie: a minute's worth at a thousand a second. */
const mostRemembered = 65_536;

/** What a connection was held by: it may become known by more. */
interface Name {
  readonly cookie: number;
  readonly ports: number;
}

interface Held {
  readonly until: Instant;
  readonly name: Name;
}

/**
 * What is left of connections whose descriptor is closed. Most are over for all that this process can see: of these a
 * line in the log remains. Those that the kernel goes on to speak of are held until it lets them go.
 */
export class Afterlife {
  /** What this process closed. */
  readonly log: ClosedLog;
  /** When each is forgotten; the one spoken of longest ago first. */
  readonly #held = new Map<Lifecycle, Held>();
  /** Of those: their cookies, or where there are none their ports, and how many have the same. */
  readonly #cookies = new Set<number>();
  readonly #ports = new Map<number, number>();

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
    this.remove(connection);
    const held = { until: until ?? deadlineOf(connection), name: nameOf(connection) };
    this.#held.set(connection, held);
    this.#count(held.name, 1);
    return true;
  }

  /** A look that began before this process closed the connection shows it as it was: that is no news. */
  isFresh({ id: { cookie }, at }: Row): boolean {
    const closedAt = cookie === undefined ? undefined : this.log.closedAt(cookieNumber(cookie));
    return closedAt !== undefined && closedAt + briefUs > at;
  }

  /**
   * Whether this process may have closed this connection, and not just now: asked of every socket that a sweep finds
   * without a descriptor, thousands of them other processes', and so answered from numbers alone.
   */
  remembers({ cookie, localPort, peerPort }: Glance, at: Instant): boolean {
    if (cookie === 0) return this.#ports.has(portsOf(localPort, peerPort));
    if (this.#cookies.has(cookie)) return true;
    const closedAt = this.log.closedAt(cookie);
    return closedAt !== undefined && closedAt + briefUs <= at;
  }

  remove(connection: Lifecycle): void {
    const held = this.#held.get(connection);
    if (held === undefined) return;
    this.#held.delete(connection);
    this.#count(held.name, -1);
  }

  oldest(): Lifecycle | undefined {
    const [oldest] = this.#held.keys();
    return oldest;
  }

  due(now: Instant): readonly { readonly connection: Lifecycle; readonly until: Instant }[] {
    const due = [];
    for (const [connection, { until }] of this.#held) if (until <= now) due.push({ connection, until });
    return due;
  }

  /** The kernel shows a connection that was closed here: it goes on without this process, or in another one. */
  recall(said: Row | Transition): Lifecycle | undefined {
    const { id, source } = said;
    if (said.kind === 'row' && this.isFresh(said)) return undefined;
    const record = id.cookie === undefined ? undefined : this.log.find(id.cookie);
    if (record === undefined) return undefined;
    const connection = newLifecycle(undefined, id, record.closedAt, source, 'established');
    connection.role = record.role;
    connection.site = record.site;
    connection.suppressed = record.suppressed;
    connection.closedWhy = record.why;
    connection.phase = 'released';
    connection.endedAt = record.closedAt;
    return connection;
  }

  #count({ cookie, ports }: Name, by: 1 | -1): void {
    if (cookie === 0) {
      const count = (this.#ports.get(ports) ?? 0) + by;
      if (count > 0) this.#ports.set(ports, count);
      else this.#ports.delete(ports);
    } else if (by > 0) this.#cookies.add(cookie);
    else this.#cookies.delete(cookie);
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

function nameOf({ id: { cookie, tuple } }: Lifecycle): Name {
  return {
    cookie: cookie === undefined ? 0 : cookieNumber(cookie),
    ports: tuple ? portsOf(tuple.local.port, tuple.peer.port) : 0,
  };
}

function portsOf(local: number, peer: number): number {
  return local * 65_536 + peer;
}
