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

/** A pile stands for so long before it counts, in microseconds, while new agents come; and while none does. */
const growingUs = 5_000_000;
const standingUs = 30_000_000;

interface Pile {
  readonly since: Instant;
  grows: boolean;
}

/**
 * A keep-alive agent is made for each request: each keeps a connection for a next request that never comes to it.
 *
 *     healthy                                sick
 *       request ──▶ ┌ agent ┐                  request ──▶ agent ═══════ idle, for ever
 *       request ──▶ │       │ ═══════          request ──▶ agent ═══════ idle, for ever
 *       request ──▶ └───────┘                  request ──▶ agent ═══════ idle, for ever
 *
 * Not sick: one agent with a large pool; an agent for each of many destinations; agents that are used again later.
 */
export class IdlePileUp implements HostDetector {
  #piles = new Map<string, Pile>();

  examine({ idleAgents }: HostLook, at: Instant): readonly Case[] {
    const piles = new Map<string, Pile>();
    const cases: Case[] = [];
    for (const idle of idleAgents) {
      if (!isPile(idle)) continue;
      const pile = this.#piles.get(idle.destination) ?? { since: at, grows: false };
      piles.set(idle.destination, pile);
      // One that is idle for less time than the pile stands has come to it.
      pile.grows ||= idle.newestMs * 1000 < at - pile.since;
      if (at - pile.since >= (pile.grows ? growingUs : standingUs)) cases.push(caseOf(idle, at));
    }
    this.#piles = piles;
    return cases;
  }
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
