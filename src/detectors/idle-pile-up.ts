import type { IdleAgents } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import { type Instant, instant } from '../tcp/identity.ts';
import { type Case, placeCase, rounded } from './case.ts';
import type { SampledConnection } from './detector.ts';
import type { HostDetector } from './host-detector.ts';

/** Fewer agents may be there on purpose. */
const leastAgents = 10;

/** Connections for each agent: more is a pool that was used as one. */
const mostEach = 2;

/** Of all agents with connections to a destination, those that are in use. */
const mostInUse = 0.1;

/**
 * New agents must have come to a pile at so many looks after the first one at it, and be coming still so long after it,
 * in microseconds: agents that are all made at the start, or one by one as the first customer of each comes, may each be
 * used again, however seldom.
 */
const leastArrivals = 2;
const growingUs = 30_000_000;

/** A pile to which nothing has come for so long does not grow. */
const restUs = 60_000_000;

interface Pile {
  /** Of the first look at it since it began to grow, and of the last one at which new agents had come. */
  readonly since: Instant;
  readonly grownAt: Instant;
  /** Of the newest of its agents. */
  readonly newestAt: Instant;
  /** Looks at which new agents had come. */
  readonly arrivals: number;
  /** It has grown for long enough to be told of: now it is there until it is gone. */
  readonly grows: boolean;
}

/**
 * A keep-alive agent is made for each request: each keeps a connection for a next request that never comes to it.
 *
 *     healthy                                sick
 *       request ──▶ ┌ agent ┐                  request ──▶ agent ═══════ idle, for ever
 *       request ──▶ │       │ ═══════          request ──▶ agent ═══════ idle, for ever
 *       request ──▶ └───────┘                  request ──▶ agent ═══════ idle, for ever
 *
 * Not sick: one agent with a large pool; an agent for each of many destinations; agents that are all there from the
 * start, or come one by one while a service warms up, and are used again later.
 */
export class IdlePileUp implements HostDetector {
  #piles = new Map<string, Pile>();

  examine({ idleAgents }: HostLook, at: Instant): readonly Case[] {
    const piles = new Map<string, Pile>();
    const cases: Case[] = [];
    for (const idle of idleAgents) {
      if (!isPile(idle)) continue;
      const pile = looked(this.#piles.get(idle.destination), idle, at);
      piles.set(idle.destination, pile);
      if (pile.grows) cases.push(caseOf(idle, at));
    }
    this.#piles = piles;
    return cases;
  }
}

function looked(before: Pile | undefined, { newestAt }: IdleAgents, at: Instant): Pile {
  const rested = before === undefined || (!before.grows && at - before.grownAt >= restUs);
  if (rested) return { since: at, grownAt: at, newestAt, arrivals: 0, grows: false };
  if (newestAt <= before.newestAt) return before;
  const arrivals = before.arrivals + 1;
  const grows = before.grows || (arrivals >= leastArrivals && at - before.since >= growingUs);
  return { ...before, grownAt: at, newestAt, arrivals, grows };
}

function isPile({ agents, connections, others }: IdleAgents): boolean {
  return agents >= leastAgents && connections <= agents * mostEach && others <= (agents + others) * mostInUse;
}

function caseOf({ destination, agents, connections, oldestMs, sample }: IdleAgents, at: Instant): Case {
  return placeCase({
    kind: 'idle_pile_up',
    cause: 'agent_per_request',
    count: connections,
    where: destination,
    since: instant(at - oldestMs * 1000),
    severity: 'warning',
    subject: { role: 'client', destination, agents },
    sample: sample.map(
      ({ connectionId, local, peer, idleMs, site }): SampledConnection => ({
        connection_id: connectionId,
        local: local ? formatEndpoint(local) : null,
        peer: peer ? formatEndpoint(peer) : null,
        state: 'established',
        age_s: rounded(idleMs / 1000),
        rx_queue: 0,
        tx_queue: 0,
        call_site: site?.frames() ?? [],
        trace_id: null,
      }),
    ),
    confidence: 'observed',
  });
}
