import fc from 'fast-check';
import type { CallSite } from '../../src/connection/call-site.ts';
import { type Census, closeReasons } from '../../src/connection/census.ts';
import type { Fact } from '../../src/connection/host-fact.ts';
import type { Observation, SocketSignals } from '../../src/connection/observation.ts';
import type { Instant, SocketIdentity } from '../../src/tcp/identity.ts';
import { tcpStateNames } from '../../src/tcp/state.ts';
import type { TcpInfo } from '../../src/tcp/tcp-info.ts';

/** Everything that a source can say, with every field that may be there or not. */
const number = fc.oneof(
  fc.nat(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
);
const at = number as fc.Arbitrary<Instant>;
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'a\nb', '\u2028', '\ud800', '"'));
const port = fc.nat(65_535);
const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), text);
const endpoint = fc.record({ address: host, port });
const state = fc.constantFrom(...tcpStateNames);
const source = fc.constantFrom('ebpf', 'sock_diag', 'procfs', 'netstat', 'userland');
const socket = fc.nat();
const site: fc.Arbitrary<CallSite> = fc.array(text, { maxLength: 8 }).map((frames) => ({ frames: () => frames }));
const or = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
/** A field that may be absent, and where it is there holds something. */
const some = <Value extends object>(fields: { [Name in keyof Value]: fc.Arbitrary<Value[Name]> }) =>
  fc.record(fields, { requiredKeys: [] });
const both = <One extends object, Other extends object>(one: fc.Arbitrary<One>, other: fc.Arbitrary<Other>) =>
  fc.tuple(one, other).map(([a, b]) => ({ ...a, ...b }));

const id = some({
  cookie: fc.bigInt(1n, 2n ** 64n - 1n).map((cookie) => cookie.toString(16)),
  inode: fc.integer({ min: 1 }),
  tuple: fc.record({ local: endpoint, peer: endpoint }),
}) as fc.Arbitrary<SocketIdentity>;

const info = both(
  fc.record({
    ...{ state, retransmitsInARow: number, lastDataSentMs: number, lastDataReceivedMs: number },
    ...{ lastAckReceivedMs: number, rttUs: number, totalRetransmits: or(number), bytesAcked: or(number) },
    ...{ bytesReceived: or(number), notSentBytes: or(number), bytesSent: or(number), bytesRetransmitted: or(number) },
  }),
  some({ probes: number, backoff: number, segmentsUnacknowledged: number, sendWindow: number }),
) as fc.Arbitrary<TcpInfo>;

const flag = fc.boolean();
const http = both(
  fc.record({
    ...{ side: fc.constantFrom('server', 'client', 'fetch'), parsing: flag, busy: flag },
    ...{ incomingComplete: flag, piped: flag },
  }),
  some({ request: text }),
);
const signals = both(
  fc.record({
    ...{ destroyed: flag, reading: flag, readableEnded: flag, endQueued: flag, readableLength: number },
    ...{ readableFlowing: fc.option(flag), writableEnded: flag, writableFinished: flag, writableLength: number },
    ...{ allowHalfOpen: flag, bytesRead: number, bytesWritten: number, pipes: number, hasDataListener: flag },
    ...{ hasReadableListener: flag, iterating: flag, hasOnread: flag, pausedOnConnect: flag },
  }),
  some({ pipeTarget: fc.record({ name: text, needsDrain: flag }), http }),
) as fc.Arbitrary<SocketSignals>;

const why = fc.constantFrom(...closeReasons);
const timeWait = fc.record({ connectionId: text, local: endpoint, peer: endpoint, ageS: number });
const authors = fc.array(
  fc.record({
    ...{ why, count: number, site: or(site), oldestS: number, perSecond: number, requested: or(endpoint) },
    ...{ sample: fc.array(timeWait, { maxLength: 2 }), inferred: flag },
  }),
  { maxLength: 2 },
);
const census: fc.Arbitrary<Census> = fc.record({
  ...{ states: fc.array(state), whole: flag, sockets: number, timeWaits: number },
  destinations: fc.array(
    fc.record({ localAddress: host, peerAddress: host, peerPort: port, ports: number, timeWaits: number, authors }),
    { maxLength: 2 },
  ),
  listeners: fc.array(
    fc.record({
      ...{ port, timeWaits: number, authors, unclaimed: fc.array(timeWait, { maxLength: 2 }) },
      unclaimedPerSecond: number,
    }),
    { maxLength: 2 },
  ),
});
const endless = fc.oneof(number, fc.constant(Number.POSITIVE_INFINITY));
const named = <const Name extends string>(name: Name) => ({ name: fc.constant(name) });
const facts: { readonly [Name in Fact['name']]: fc.Arbitrary<Extract<Fact, { name: Name }>> } = {
  counters: fc.record({ ...named('counters'), values: some({ tw: number, inuse: number, ListenDrops: number }) }),
  sysctls: fc.record({
    ...named('sysctls'),
    values: some({
      ...{ firstPort: port, lastPort: port, tcp_tw_reuse: number, somaxconn: number },
      reservedPorts: fc.array(fc.record({ first: port, last: port })),
    }),
  }),
  loop_delay: fc.record({ ...named('loop_delay'), longestMs: number }),
  listener: fc.record({
    ...named('listener'),
    listener: fc.record({
      ...{ socket: text, local: endpoint, queue: number, backlog: number, backlogTold: flag, drops: or(number) },
      ...{ alone: flag, cluster: or(fc.constantFrom('primary', 'worker')), maxConnections: or(endless) },
      ...{ connections: or(number), site: or(site) },
    }),
  }),
  half_open: fc.record({
    ...named('half_open'),
    byPort: fc.array(fc.tuple(port, fc.record({ count: number, unanswered: number }))).map((pairs) => new Map(pairs)),
  }),
  census: fc.record({ ...named('census'), census }),
  port_failure: fc.record({
    ...named('port_failure'),
    ...{ at, error: fc.constantFrom('EADDRNOTAVAIL', 'EADDRINUSE'), peer: endpoint, requested: or(endpoint) },
    ...{ localAddress: or(host), count: number },
    sample: fc.array(fc.record({ at, connectionId: text, site: or(site) }), { maxLength: 2 }),
  }),
  race: fc.record({
    ...named('race'),
    ...{ at, connectionId: text, local: or(endpoint), peer: or(endpoint), requested: or(endpoint), error: text },
    ...{ request: or(text), finBeforeMs: number, peerIdleMs: or(number), agentIdleMs: or(endless), site: or(site) },
  }),
  refusal: fc.record({ ...named('refusal'), at, requested: endpoint }),
  idle_agents: fc.record({
    ...named('idle_agents'),
    ...{ destination: text, agents: number, connections: number, others: number, oldestMs: number, newestAt: at },
    sample: fc.array(
      fc.record({ connectionId: text, local: or(endpoint), peer: or(endpoint), idleMs: number, site: or(site) }),
      { maxLength: 2 },
    ),
  }),
  foreign: fc.record({ ...named('foreign'), id }),
  trace: fc.record({ ...named('trace'), socket, traceId: text }),
  ignored: fc.record({ ...named('ignored'), socket }),
  told_anew: fc.record(named('told_anew')),
  told_again: fc.record({ ...named('told_again'), count: fc.nat() }),
  suspects_seen: fc.record({ ...named('suspects_seen'), from: fc.nat(), count: fc.nat() }),
  look: fc.record({
    ...named('look'),
    ...{ clock: at, suspects: fc.nat(), descriptors: or(fc.record({ usage: number, limit: number })) },
    wallTime: fc.array(fc.record({ since: at, ms: number })),
  }),
};

const event = <const Event extends string>(name: Event) =>
  ({ kind: fc.constant('socket_event'), event: fc.constant(name), socket, at }) as const;

/** Without a context, which is left out. */
export const observations: Readonly<Record<string, fc.Arbitrary<Observation>>> = {
  transition: both(
    fc.record({ kind: fc.constant('transition'), source, at, id, from: state, to: state }),
    some({ error: text, finReceived: flag }),
  ),
  row: both(
    fc.record({ kind: fc.constant('row'), source, at, id, state, receiveQueue: number, sendQueue: number }),
    some({
      ...{ socket, uid: number, timer: fc.constantFrom('none', 'retransmit', 'keepalive', 'time_wait', 'probe') },
      ...{ expiresMs: number, retransmits: number, info, drops: number },
    }),
  ),
  sweep_end: both(
    fc.record({ kind: fc.constant('sweep_end'), source, startedAt: at, at, states: fc.array(state), whole: flag }),
    some({ dueAfterMs: number }),
  ),
  connecting: both(
    fc.record({
      ...{ ...event('connecting'), id, calledAt: at, attempt: number, requested: endpoint },
      ...{ context: fc.constant(undefined), suppressed: flag },
    }),
    some({ awaitsRequest: flag, site }),
  ),
  assigned: fc.record({ ...event('assigned'), context: fc.constant(undefined) }),
  connected: both(fc.record(event('connected')), some({ id, info })),
  connect_failed: fc.record({ ...event('connect_failed'), error: text }),
  accepted: both(fc.record({ ...event('accepted'), id }), some({ info, site })),
  adopted: both(fc.record({ ...event('adopted'), id, inJavaScript: flag }), some({ unaccepted: flag })),
  inspected: both(fc.record({ ...event('inspected'), signals }), some({ site: fc.option(site) })),
  ending: both(fc.record(event('ending')), some({ info })),
  closed: both(
    fc.record({ ...event('closed'), how: fc.constantFrom('close', 'reset'), bytesRead: number, bytesWritten: number }),
    some({ why, site, error: text, info, unread: number }),
  ),
  handed_over: fc.record(event('handed_over')),
  lost: fc.record({ kind: fc.constant('lost'), source, at, count: number, what: text }),
  ...Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [
      `host: ${name}`,
      fc.record({
        ...{ kind: fc.constant('host'), source, at, fact: fact as fc.Arbitrary<Fact> },
        scope: fc.constantFrom('host', 'namespace', 'process', 'thread'),
      }),
    ]),
  ),
} as Record<string, fc.Arbitrary<Observation>>;

export const anyObservation: fc.Arbitrary<Observation> = fc.oneof(...Object.values(observations));

/** To compare by: call sites by their frames. */
export function comparable(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, comparable(one)]));
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  if ('frames' in value && typeof value.frames === 'function') return { frames: value.frames() };
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, comparable(one)]));
}
