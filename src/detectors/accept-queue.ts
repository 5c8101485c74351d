import type { ListenerFact, Sysctls } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Case } from './case.ts';
import { CounterGrowth } from './counter-growth.ts';
import type { HostDetector } from './host-detector.ts';
import type { CauseOf } from './kinds.ts';
import { listenerCase, settings } from './listener-case.ts';
import { isFull, QueueHistory, type QueueLook, sum } from './queue-history.ts';
import { TurnedAway } from './turned-away.ts';

/** In one look only it was a burst, and the clients' second SYN, a second later, found room. */
const leastBadLooks = 2;

/**
 * The event loop was blocked when it was held for so long, in milliseconds. A healthy one is held for some tens. To
 * fill Node's queue of 511 in half a second takes a thousand connections a second; and a SYN that is dropped comes
 * again after a second, so that a shorter block rarely costs a client two.
 */
const blockedMs = 500;

interface Known {
  readonly turnedAway: TurnedAway;
  readonly history: QueueHistory;
  missing: number;
}

/** A listener that was not told of for so many looks is closed. */
const looksToForget = 12;

/**
 * Connections come faster than the process takes them out of the queue that the kernel keeps for it.
 *
 *     healthy                                     sick
 *     client      kernel         process          client      kernel         process
 *       │ ── SYN ──▶ │              │               │ ── SYN ──▶ │ ▐██████▌      │
 *       │ ◀ SYN+ACK ─│              │               │            │  full         │ (busy, or too slow)
 *       │ ── ACK ──▶ │ ▐█     ▌     │               │      ⋮ 1 s │               │
 *       │            │ ── accept ─▶ │               │ ── SYN ──▶ │ ▐██████▌      │
 *
 * Not sick: a queue that fills and is emptied before anybody is turned away; a burst that is over by the next look, and
 * another one much later, unless together they have turned away as many as the queue holds.
 */
export class AcceptQueue implements HostDetector {
  readonly #growth = new CounterGrowth();
  readonly #known = new Map<string, Known>();
  #heldBefore: number | undefined;

  examine(look: HostLook, at: Instant): readonly Case[] {
    this.#growth.look(look.counters);
    // What held the loop while this look was under way is measured at the next, and the other way round.
    const heldMs = longest(look.loopDelayMs, this.#heldBefore);
    this.#heldBefore = look.loopDelayMs;
    const cases: Case[] = [];
    for (const known of this.#known.values()) known.missing++;
    for (const listener of look.listeners) {
      const history = this.#note(listener, heldMs, at);
      const { bad, since, turnedAway, lasts } = history;
      if (bad.length < leastBadLooks || turnedAway === 0 || since === undefined) continue;
      if (!lasts && turnedAway < listener.backlog) continue;
      cases.push(this.#caseOf(listener, { bad, since }, look.sysctls, at));
    }
    for (const [socket, { missing }] of this.#known) if (missing >= looksToForget) this.#known.delete(socket);
    return cases;
  }

  #note(listener: ListenerFact, heldMs: number | undefined, at: Instant): QueueHistory {
    const { socket } = listener;
    const known = this.#known.get(socket) ?? { turnedAway: new TurnedAway(), history: new QueueHistory(), missing: 0 };
    this.#known.set(socket, known);
    known.missing = 0;
    const { count: turnedAway = 0, observed = false } = known.turnedAway.look(listener, this.#growth) ?? {};
    known.history.look({ turnedAway, full: isFull(listener), observed, heldMs }, at);
    return known.history;
  }

  #caseOf(
    listener: ListenerFact,
    { bad, since }: { readonly bad: readonly QueueLook[]; readonly since: Instant },
    sysctls: Sysctls,
    at: Instant,
  ): Case {
    const { queue, backlog, backlogTold } = listener;
    const cause = causeOf(listener, bad, sysctls);
    const observed = backlogTold && bad.every((look) => look.observed || look.turnedAway === 0);
    const loop_blocked_ms = cause === 'loop_blocked' ? Math.round(longest(...bad.map((look) => look.heldMs)) ?? 0) : 0;
    return listenerCase(
      listener,
      {
        kind: 'accept_queue',
        cause,
        count: sum(bad),
        since,
        // Between two bursts it is empty: the limit was reached all the same.
        severity: isFull(listener) || bad.some(({ full }) => full) ? 'critical' : 'warning',
        subject: {
          queue,
          limit: backlog,
          share: backlog > 0 ? Math.min(1, queue / backlog) : 1,
          ...(loop_blocked_ms > 0 && { loop_blocked_ms }),
          ...settings(sysctls, 'somaxconn'),
        },
        confidence: observed ? 'observed' : 'inferred',
      },
      at,
    );
  }
}

/** What most of them were turned away by; then by which limit. */
function causeOf({ backlog }: ListenerFact, bad: readonly QueueLook[], sysctls: Sysctls): CauseOf<'accept_queue'> {
  const blocked = bad.filter(({ heldMs }) => heldMs !== undefined && heldMs >= blockedMs);
  const free = bad.filter(({ heldMs }) => heldMs !== undefined && heldMs < blockedMs);
  if (sum(blocked) > sum(free)) return 'loop_blocked';
  return sysctls.somaxconn !== undefined && backlog < sysctls.somaxconn ? 'backlog_too_small' : 'overflow';
}

function longest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}
