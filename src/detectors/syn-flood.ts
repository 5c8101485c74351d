import type { HalfOpen, ListenerFact, Sysctls } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Case } from './case.ts';
import { CounterGrowth } from './counter-growth.ts';
import type { HostDetector } from './host-detector.ts';
import type { CauseOf } from './kinds.ts';
import { listenerCase, settings } from './listener-case.ts';
import { isFull } from './queue-history.ts';

/** In two of the last twelve looks, a minute by default. */
const leastBadLooks = 2;
const mostLooks = 12;

/** Fewer are no flood: the kernel takes no notice of them either (reqsk_timer_handler, net/ipv4/inet_connection_sock.c). */
const leastHalfOpen = 8;

/** In an ordinary handshake nobody needs a second SYN+ACK. In a flood everybody does, but for the newest. */
const leastUnanswered = 0.25;

/** One listener that was flooded in some of the last looks. */
interface Known {
  /** How many looks ago each of them was. */
  badLooks: readonly number[];
  readonly since: Instant;
  /** In the last of them. */
  last: { readonly count: number; readonly cause: CauseOf<'syn_flood'> };
}

/**
 * More handshakes are begun than the SYN queue of a listener holds, and nobody finishes them.
 *
 *     healthy                              sick
 *     client      kernel                   somebody    kernel
 *       │ ── SYN ──▶ │ SYN_RECV ▐█   ▌       │ ── SYN ──▶ │ SYN_RECV ▐████▌
 *       │ ◀ SYN+ACK ─│                       │ ── SYN ──▶ │ SYN_RECV ▐████▌  ── SYN+ACK ──▶ (nobody)
 *       │ ── ACK ──▶ │ ESTABLISHED           │ ── SYN ──▶ │   dropped, or answered with a cookie
 *
 * Not sick: a listener with a tiny backlog, whose SYN queue is as tiny, so that cookies are daily work; handshakes that
 * wait because the accept queue is full.
 */
export class SynFlood implements HostDetector {
  readonly #growth = new CounterGrowth();
  readonly #known = new Map<string, Known>();
  #drops = new Map<string, number | undefined>();

  examine(look: HostLook, at: Instant): readonly Case[] {
    this.#growth.look(look.counters);
    for (const [socket, known] of this.#known) {
      known.badLooks = known.badLooks.map((ago) => ago + 1).filter((ago) => ago < mostLooks);
      if (known.badLooks.length === 0) this.#known.delete(socket);
    }
    const cause = this.#cause(look.sysctls);
    for (const listener of cause === undefined ? [] : look.listeners) {
      const halfOpen = look.halfOpen?.get(listener.local.port);
      const limit = synQueueLimit(listener, look.sysctls);
      if (cause === undefined || halfOpen === undefined || !this.#isFlooded(listener, halfOpen, limit)) continue;
      const { badLooks = [], since = at } = this.#known.get(listener.socket) ?? {};
      const last = { count: halfOpen.count, cause };
      this.#known.set(listener.socket, { badLooks: [...badLooks, 0], since, last });
    }
    this.#drops = new Map(look.listeners.map(({ socket, drops }) => [socket, drops]));
    return look.listeners.flatMap((listener) => {
      const known = this.#known.get(listener.socket);
      if (known === undefined || known.badLooks.length < leastBadLooks) return [];
      return [caseOf(listener, known, look.sysctls, at)];
    });
  }

  /** What the kernel does with the SYNs that have no place; undefined when all had one. */
  #cause({ tcp_syncookies }: Sysctls): CauseOf<'syn_flood'> | undefined {
    const grown = (name: Parameters<CounterGrowth['of']>[0]) => this.#growth.of(name) ?? 0;
    // Without cookies a quarter of tcp_max_syn_backlog is kept for peers that are known: no counter of its own.
    const dropped = tcp_syncookies === 0 && grown('ListenDrops') > grown('ListenOverflows');
    if (grown('TCPReqQFullDrop') > 0 || dropped) return 'syn_queue_full';
    return grown('TCPReqQFullDoCookies') > 0 || grown('SyncookiesSent') > 0 ? 'cookies_sent' : undefined;
  }

  #isFlooded(listener: ListenerFact, { count, unanswered }: HalfOpen, limit: number): boolean {
    if (count < Math.max(limit, leastHalfOpen) || unanswered < count * leastUnanswered) return false;
    // The last ACK of a handshake finds no place, and the handshake waits on.
    const before = this.#drops.get(listener.socket);
    const dropsHere = listener.drops === undefined || before === undefined || listener.drops !== before;
    const overflows = (this.#growth.of('ListenOverflows') ?? 0) > 0 && dropsHere;
    return !isFull(listener) && !overflows;
  }
}

/**
 * As many as may wait to be accepted. Where cookies are off, also three quarters of tcp_max_syn_backlog; where they are
 * on, that setting is not asked (tcp_conn_request in net/ipv4/tcp_input.c).
 */
function synQueueLimit({ backlog }: ListenerFact, { tcp_syncookies, tcp_max_syn_backlog }: Sysctls): number {
  if (tcp_syncookies !== 0 || tcp_max_syn_backlog === undefined) return backlog;
  return Math.min(backlog, tcp_max_syn_backlog - Math.floor(tcp_max_syn_backlog / 4));
}

function caseOf(listener: ListenerFact, { since, last: { count, cause } }: Known, sysctls: Sysctls, at: Instant): Case {
  const limit = synQueueLimit(listener, sysctls);
  return listenerCase(
    listener,
    {
      kind: 'syn_flood',
      cause,
      count,
      since,
      // With cookies, whoever answers gets a connection still.
      severity: cause === 'syn_queue_full' ? 'critical' : 'warning',
      subject: {
        limit,
        share: Math.min(1, count / limit),
        ...settings(sysctls, 'tcp_syncookies', 'tcp_max_syn_backlog', 'somaxconn'),
      },
      confidence: listener.backlogTold ? 'observed' : 'inferred',
    },
    at,
  );
}
