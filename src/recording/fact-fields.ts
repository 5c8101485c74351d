import {
  type Author,
  type Census,
  closeReasons,
  type DestinationCount,
  type ListenerCount,
  type TimeWaitSample,
} from '../connection/census.ts';
import type {
  Counters,
  Fact,
  FailedConnect,
  HalfOpen,
  IdleConnection,
  ListenerFact,
  Sysctls,
} from '../connection/host-fact.ts';
import type { WallOffset } from '../connection/wall-time.ts';
import { fields, object, union } from './fields.ts';
import { address, destination, endpoint, errorCode, port, request, site, socketName } from './names.ts';
import { boolean, integer, limit, list, map, number, oneOf, optional, orUndefined, type Shape, text } from './shape.ts';
import { identity, instant, socket, state } from './socket-fields.ts';

export const closeReason = oneOf(closeReasons);

const counters = object(
  fields<Counters>({
    tw: optional(number),
    inuse: optional(number),
    ListenOverflows: optional(number),
    ListenDrops: optional(number),
    TCPReqQFullDoCookies: optional(number),
    TCPReqQFullDrop: optional(number),
    SyncookiesSent: optional(number),
    TW: optional(number),
    TWKilled: optional(number),
    TCPTimeWaitOverflow: optional(number),
  }),
);

const sysctls = object(
  fields<Sysctls>({
    firstPort: optional(port),
    lastPort: optional(port),
    reservedPorts: optional(list(object(fields<{ first: number; last: number }>({ first: port, last: port })))),
    tcp_tw_reuse: optional(number),
    tcp_max_tw_buckets: optional(number),
    tcp_fin_timeout: optional(number),
    somaxconn: optional(number),
    tcp_max_syn_backlog: optional(number),
    tcp_syncookies: optional(number),
  }),
);

const listener = object(
  fields<ListenerFact>({
    socket: socketName,
    local: endpoint,
    queue: number,
    backlog: number,
    backlogTold: boolean,
    drops: orUndefined(number),
    alone: boolean,
    cluster: orUndefined(oneOf(['primary', 'worker'])),
    maxConnections: orUndefined(limit),
    connections: orUndefined(number),
    site: orUndefined(site),
  }),
);

const halfOpen = object(fields<HalfOpen>({ count: number, unanswered: number }));

const timeWait = object(
  fields<TimeWaitSample>({ connectionId: socketName, local: endpoint, peer: endpoint, ageS: number }),
);

const authors = list(
  object(
    fields<Author>({
      why: closeReason,
      count: number,
      site: orUndefined(site),
      oldestS: number,
      perSecond: number,
      requested: orUndefined(endpoint),
      sample: list(timeWait),
      inferred: boolean,
    }),
  ),
);

const census = object(
  fields<Census>({
    states: list(state),
    whole: boolean,
    sockets: number,
    timeWaits: number,
    destinations: list(
      object(
        fields<DestinationCount>({
          localAddress: address,
          peerAddress: address,
          peerPort: port,
          ports: number,
          timeWaits: number,
          authors,
        }),
      ),
    ),
    listeners: list(
      object(
        fields<ListenerCount>({
          port,
          timeWaits: number,
          authors,
          unclaimed: list(timeWait),
          unclaimedPerSecond: number,
        }),
      ),
    ),
  }),
);

const failedConnect = object(fields<FailedConnect>({ at: instant, connectionId: socketName, site: orUndefined(site) }));

const idleConnection = object(
  fields<IdleConnection>({
    connectionId: socketName,
    local: orUndefined(endpoint),
    peer: orUndefined(endpoint),
    idleMs: number,
    site: orUndefined(site),
  }),
);

/** Each fact's fields: a fact of plain values is one row here. */
export const fact: Shape<Fact> = object(
  union<Fact, 'name'>('name', {
    counters: { values: counters },
    sysctls: { values: sysctls },
    loop_delay: { longestMs: number },
    listener: { listener },
    half_open: { byPort: map(port, halfOpen) },
    census: { census },
    port_failure: {
      at: instant,
      error: oneOf(['EADDRNOTAVAIL', 'EADDRINUSE']),
      peer: endpoint,
      requested: orUndefined(endpoint),
      localAddress: orUndefined(address),
      count: number,
      sample: list(failedConnect),
    },
    race: {
      at: instant,
      connectionId: socketName,
      local: orUndefined(endpoint),
      peer: orUndefined(endpoint),
      requested: orUndefined(endpoint),
      error: errorCode,
      request: orUndefined(request),
      finBeforeMs: number,
      peerIdleMs: orUndefined(number),
      agentIdleMs: orUndefined(limit),
      site: orUndefined(site),
    },
    refusal: { at: instant, requested: endpoint },
    idle_agents: {
      destination,
      agents: number,
      connections: number,
      others: number,
      oldestMs: number,
      newestAt: instant,
      sample: list(idleConnection),
    },
    foreign: { id: identity },
    trace: { socket, traceId: text },
    ignored: { socket },
    told_anew: {},
    told_again: { count: integer(0) },
    suspects_seen: { from: integer(0), count: integer(0) },
    look: {
      clock: instant,
      suspects: integer(0),
      descriptors: orUndefined(object(fields<{ usage: number; limit: number }>({ usage: number, limit: number }))),
      wallTime: list(object(fields<WallOffset>({ since: instant, ms: number }))),
    },
  }),
);
