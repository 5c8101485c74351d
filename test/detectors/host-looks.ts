import type { ListenerFact } from '../../src/connection/host-fact.ts';
import type { HostLook } from '../../src/connection/host-facts.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';

/** A look around connections that shows nothing, but for these fields. */
export function hostLook(fields: Partial<HostLook> = {}): HostLook {
  return {
    counters: undefined,
    sysctls: {},
    loopDelayMs: undefined,
    listeners: [],
    halfOpen: undefined,
    census: undefined,
    portFailures: [],
    races: [],
    refusals: [],
    idleAgents: [],
    dropped: 0,
    ...fields,
  };
}

/** A server on port 8080 with Node's backlog and an empty queue, but for these fields. */
export function listening(fields: Partial<ListenerFact> = {}): ListenerFact {
  return {
    socket: 'a1',
    local: endpoint('0.0.0.0', 8080),
    queue: 0,
    backlog: 511,
    backlogTold: true,
    drops: 0,
    alone: false,
    cluster: undefined,
    maxConnections: undefined,
    connections: 0,
    site: { frames: () => ['main (/app/server.js:9:8)'] },
    ...fields,
  };
}
