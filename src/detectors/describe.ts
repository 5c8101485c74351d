import type { ConnectionView } from '../connection/view.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import { type CaseFacts, rounded } from './case.ts';
import type { SampledConnection, Subject } from './detector.ts';
import { type Group, placeOf } from './group.ts';
import { type Growth, type Limit, severityOf } from './growth.ts';
import type { FindingKind } from './kinds.ts';
import type { Look } from './look.ts';
import type { Steps } from './steps.ts';

const mostSampled = 10;

/** What there is to say of a group, in numbers. */
export function* describe({ kind, connections }: Group, growth: Growth, look: Look): Steps<CaseFacts> {
  const [known, unknown] = [new Oldest(kind), new Oldest(kind)];
  let observed = true;
  let descriptors: Limit | undefined;
  for (const connection of connections) {
    (connection.callSite.length > 0 ? known : unknown).add(connection);
    observed &&= connection.signals !== undefined || !needsInspection(kind);
    if (holdsDescriptor(connection)) descriptors = look.descriptors;
    yield;
  }
  // One whose line is known says more than one a second older.
  const sample = [...known.connections, ...unknown.connections].slice(0, mostSampled);
  const age = Math.max(known.age, unknown.age);
  const forecast = growth.forecast(descriptors);
  return {
    severity: severityOf(descriptors, forecast),
    since: look.wallTime((look.at - age * 1e6) as Instant),
    age_s: rounded(age),
    subject: yield* subjectOf(sample[0], connections),
    sample: sample.map((connection) => sampled(kind, connection, look)),
    forecast: forecast ?? null,
    confidence: observed ? 'observed' : 'inferred',
  };
}

/** The few that have been in trouble longest, the oldest first; of two that are as old, the one that came first. */
class Oldest {
  readonly connections: ConnectionView[] = [];
  readonly #kind: FindingKind;

  constructor(kind: FindingKind) {
    this.#kind = kind;
  }

  add(connection: ConnectionView): void {
    const kind = this.#kind;
    const age = troubleAge(kind, connection);
    const { connections } = this;
    const last = connections.at(-1);
    if (last && connections.length === mostSampled && troubleAge(kind, last) >= age) return;
    const place = connections.findIndex((one) => troubleAge(kind, one) < age);
    connections.splice(place < 0 ? connections.length : place, 0, connection);
    if (connections.length > mostSampled) connections.pop();
  }

  get age(): number {
    return this.connections[0] ? troubleAge(this.#kind, this.connections[0]) : 0;
  }
}

/** How long it has been in trouble: in its state; without anybody reading; without anything being taken. */
export function troubleAge(
  kind: FindingKind,
  { state, stateAge, progressAge, ackProgressAge }: ConnectionView,
): number {
  if (kind === 'stuck_write') return ackProgressAge ?? 0;
  return state === 'established' ? (progressAge ?? 0) : stateAge;
}

/** Why nobody reads shows in the JavaScript socket alone; of the others the kernel says it all. */
function needsInspection(kind: FindingKind): boolean {
  return kind === 'close_wait_leak' || kind === 'unread_data';
}

/** What waits to be accepted has none, and what goes on after the process has closed it; CLOSE_WAIT never does alone. */
function holdsDescriptor({ unaccepted, released, state }: ConnectionView): boolean {
  return !unaccepted && (!released || state === 'close_wait');
}

function* subjectOf(first: ConnectionView | undefined, connections: readonly ConnectionView[]): Steps<Subject> {
  if (first === undefined) return { role: 'unknown' };
  const { role, peer, signals } = first;
  const place = placeOf(first);
  let shared = place !== '';
  for (const connection of connections) {
    shared &&= placeOf(connection) === place;
    if (!shared) break;
    yield;
  }
  return {
    role,
    ...(role === 'client' && shared && { destination: place }),
    ...(role === 'server' && shared && { listener: place }),
    ...(role === 'unknown' && peer && connections.length === 1 && { destination: formatEndpoint(peer) }),
    ...(signals?.http?.request !== undefined && { request: signals.http.request }),
    ...(signals?.pipeTarget && { pipe_target: signals.pipeTarget.name }),
  };
}

function sampled(kind: FindingKind, connection: ConnectionView, look: Look): SampledConnection {
  return {
    connection_id: connection.id,
    local: connection.local ? formatEndpoint(connection.local) : null,
    peer: connection.peer ? formatEndpoint(connection.peer) : null,
    state: connection.state,
    age_s: rounded(troubleAge(kind, connection)),
    rx_queue: connection.receiveQueue,
    tx_queue: connection.sendQueue,
    call_site: connection.callSite,
    trace_id: look.traceOf(connection) ?? null,
  };
}
