import type { HostFact, IdleAgents, IdleConnection } from '../connection/host-fact.ts';
import type { AgentSocket } from '../sources/net/agent-sockets.ts';
import { Slices } from '../sources/slices.ts';
import type { Report } from '../sources/source.ts';
import { type Endpoint, formatEndpoint } from '../tcp/endpoint.ts';
import { connectionId, type Instant, instant } from '../tcp/identity.ts';
import type { HostPart } from './host-watch.ts';

export interface IdleAgentsPorts {
  /** So many agents have opened connections since the start. */
  readonly agentsOpened: () => number;
  readonly agentSockets: () => Generator<AgentSocket | undefined>;
  readonly now: () => Instant;
  readonly report: Report;
  /** The application wants to hear nothing of this destination. */
  readonly isIgnored: (requested: Endpoint, peer: Endpoint | undefined) => boolean;
}

/** Fewer to one destination are not worth a word. */
const leastAgents = 10;

/** What was used a moment ago may be used again. */
const leastIdleMs = 2000;

/** What was used for longer than the first request or two take is in use, even while it is idle. */
const firstUseMs = 30_000;

const mostSampled = 10;

/** What is seen of one agent towards one destination. */
interface Seen {
  readonly sockets: AgentSocket[];
  /** Nothing is under way, nor was a moment ago. */
  idle: boolean;
  /** From its first connection on, in milliseconds. */
  usedForMs: number;
  readonly firstAt: Instant;
}

/** Counts, destination by destination, the agents that were used once and left with an open connection. */
export class IdleAgentsPart implements HostPart {
  readonly #ports: IdleAgentsPorts;
  /** With fewer agents than that ever opened, there cannot be enough idle ones. */
  #worthwhileFrom = leastAgents;

  constructor(ports: IdleAgentsPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { agentsOpened, now, report } = this.#ports;
    const opened = agentsOpened();
    if (opened < this.#worthwhileFrom) return;
    const destinations = await this.#seen();
    const at = now();
    let most = 0;
    for (const [destination, agents] of destinations) {
      const fact = factOf(destination, agents.values());
      most = Math.max(most, agents.size);
      if (fact.agents < leastAgents) continue;
      const told: HostFact = { kind: 'host', source: 'userland', at, scope: 'thread', fact };
      report(told);
    }
    // The walk is dear where there are many connections: as many agents as are missing have to come first.
    this.#worthwhileFrom = opened + Math.max(0, leastAgents - most);
  }

  async #seen(): Promise<ReadonlyMap<string, ReadonlyMap<object, Seen>>> {
    const { agentSockets, now, isIgnored } = this.#ports;
    const destinations = new Map<string, Map<object, Seen>>();
    const slices = new Slices(now);
    slices.begin();
    for (const socket of agentSockets()) {
      if (slices.isOver()) await slices.rest();
      if (socket === undefined || isIgnored(socket.requested, socket.peer)) continue;
      const destination = formatEndpoint(socket.requested);
      const agents = destinations.get(destination) ?? new Map<object, Seen>();
      destinations.set(destination, agents);
      const seen = agents.get(socket.agent) ?? { sockets: [], idle: true, usedForMs: 0, firstAt: socket.agent.firstAt };
      agents.set(socket.agent, seen);
      seen.sockets.push(socket);
      seen.idle &&= socket.idleMs !== undefined && socket.idleMs >= leastIdleMs;
      const usedForMs = (now() - socket.agent.firstAt) / 1000 - (socket.idleMs ?? 0);
      seen.usedForMs = Math.max(seen.usedForMs, usedForMs);
    }
    slices.end();
    return destinations;
  }
}

function factOf(destination: string, agents: Iterable<Seen>): { name: 'idle_agents' } & IdleAgents {
  const sockets: AgentSocket[] = [];
  let [forgotten, others, oldestMs, newestAt] = [0, 0, 0, instant(0)];
  for (const seen of agents) {
    if (seen.usedForMs >= firstUseMs) others++;
    else if (seen.idle) {
      forgotten++;
      if (seen.firstAt > newestAt) newestAt = seen.firstAt;
      for (const socket of seen.sockets) {
        sockets.push(socket);
        oldestMs = Math.max(oldestMs, socket.idleMs ?? 0);
      }
    }
  }
  const sited = sockets.filter(({ site }) => site !== undefined);
  return {
    name: 'idle_agents',
    destination,
    agents: forgotten,
    connections: sockets.length,
    others,
    oldestMs,
    newestAt,
    sample: (sited.length > 0 ? sited : sockets).slice(0, mostSampled).map(sampled),
  };
}

function sampled({ identity, at, idleMs = 0, site }: AgentSocket): IdleConnection {
  const id = identity();
  return { connectionId: connectionId(id, at), local: id.tuple?.local, peer: id.tuple?.peer, idleMs, site };
}
