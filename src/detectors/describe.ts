import type { ConnectionView } from '../connection/view.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import { type CaseFacts, rounded } from './case.ts';
import type { SampledConnection, Subject } from './detector.ts';
import { type Group, placeOf } from './group.ts';
import { type Growth, severityOf } from './growth.ts';
import type { Look } from './look.ts';
import type { Steps } from './steps.ts';

const mostSampled = 10;

/** What there is to say of a group, in numbers. */
export function* describe({ connections }: Group, growth: Growth, look: Look): Steps<CaseFacts> {
  const [known, unknown] = [new Oldest(), new Oldest()];
  let observed = true;
  for (const connection of connections) {
    (connection.callSite.length > 0 ? known : unknown).add(connection);
    observed &&= connection.signals !== undefined;
    yield;
  }
  // One whose line is known says more than one a second older.
  const sample = [...known.connections, ...unknown.connections].slice(0, mostSampled);
  const age = Math.max(known.age, unknown.age);
  const forecast = growth.forecast(look.descriptors);
  return {
    severity: severityOf(look.descriptors, forecast),
    since: look.wallTime((look.at - age * 1e6) as Instant),
    age_s: rounded(age),
    subject: yield* subjectOf(sample[0], connections),
    sample: sample.map((connection) => sampled(connection, look)),
    forecast: forecast ?? null,
    confidence: observed ? 'observed' : 'inferred',
  };
}

/** The few that have been in trouble longest, the oldest first; of two that are as old, the one that came first. */
class Oldest {
  readonly connections: ConnectionView[] = [];

  add(connection: ConnectionView): void {
    const age = troubleAge(connection);
    const { connections } = this;
    const last = connections.at(-1);
    if (last && connections.length === mostSampled && troubleAge(last) >= age) return;
    const place = connections.findIndex((one) => troubleAge(one) < age);
    connections.splice(place < 0 ? connections.length : place, 0, connection);
    if (connections.length > mostSampled) connections.pop();
  }

  get age(): number {
    return this.connections[0] ? troubleAge(this.connections[0]) : 0;
  }
}

/** How long it has been in trouble: in CLOSE_WAIT, or established without anybody reading. */
function troubleAge({ state, stateAge, progressAge }: ConnectionView): number {
  return state === 'established' ? (progressAge ?? 0) : stateAge;
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

function sampled(connection: ConnectionView, look: Look): SampledConnection {
  return {
    connection_id: connection.id,
    local: connection.local ? formatEndpoint(connection.local) : null,
    peer: connection.peer ? formatEndpoint(connection.peer) : null,
    state: connection.state,
    age_s: rounded(troubleAge(connection)),
    rx_queue: connection.receiveQueue,
    call_site: connection.callSite,
    trace_id: look.traceOf(connection) ?? null,
  };
}
