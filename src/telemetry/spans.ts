import type { Attributes, Context, Link, Span, SpanContext, Tracer, TracerProvider } from '@opentelemetry/api';
import { type Lifecycle, type StateChange, teardownStart } from '../connection/lifecycle.ts';
import type { LifecycleEvent, Step } from '../connection/lifecycle-event.ts';
import { stepsOf, viewOf } from '../connection/view.ts';
import { networkType } from '../tcp/endpoint.ts';
import { connectionId, type Instant } from '../tcp/identity.ts';
import { type OtelApi, otelApi } from './api.ts';
import { attribute as a, eventPrefix, spanName, stateChangeEvent } from './semconv.ts';
import type { WallClock } from './wall-clock.ts';

/** SpanKind.INTERNAL and SpanStatusCode.ERROR: the API's enums are not at hand before it is loaded. */
const kindInternal = 0;
const statusError = 2;

/** Tells the life of each connection in two short spans, since exporters only ever see a span that has ended. */
export class SpanEmitter {
  readonly #version: string;
  readonly #clock: WallClock;
  readonly #handshakes = new WeakMap<Lifecycle, SpanContext>();
  #provider: TracerProvider | undefined;

  constructor(version: string, clock: WallClock) {
    this.#version = version;
    this.#clock = clock;
  }

  /** Spans go to this provider instead of the one that is registered globally. */
  setTracerProvider(provider: TracerProvider | undefined): void {
    this.#provider = provider;
  }

  take(event: LifecycleEvent): void {
    if (event.connection.suppressed) return;
    if (event.kind === 'handshake_completed') this.#handshake(event, undefined);
    else if (event.kind === 'handshake_failed') this.#handshake(event, event.error);
    else if (event.kind === 'teardown_completed') this.#teardown(event.connection, event.at);
  }

  /** Of the handshake's span, for what else is told of the connection; undefined where there is no SDK. */
  traceIdOf(connection: Lifecycle): string | undefined {
    const traceId = this.#handshakes.get(connection)?.traceId;
    return traceId !== undefined && /[1-9a-f]/.test(traceId) ? traceId : undefined;
  }

  #handshake({ connection, at: end, context }: HandshakeEnd, error: string | undefined): void {
    const api = otelApi();
    const tracer = this.#tracer(api);
    const start = connection.syn?.at;
    // A connection first seen half-way has no handshake to tell of.
    if (api === undefined || tracer === undefined || start === undefined) return;
    // An accepted socket runs in the context of listen(), which is nobody's request.
    const parent = connection.role === 'client' && isContext(context) ? context : api.ROOT_CONTEXT;
    const span = tracer.startSpan(spanName.handshake, { kind: kindInternal, startTime: this.#time(start) }, parent);
    this.#handshakes.set(connection, span.spanContext());
    if (span.isRecording()) {
      span.setAttributes({ ...commonAttributes(connection), ...handshakeAttributes(connection) });
      // Of one that failed, the RST that refused it is a step too.
      this.#addSteps(
        span,
        stepsOf(connection).filter((step) => error !== undefined || isOfHandshake(step)),
      );
      if (connection.established) this.#addChange(span, handshakeChange(connection, connection.established));
      if (error !== undefined) fail(span, error);
    }
    span.end(this.#time(end < start ? start : end));
  }

  #teardown(connection: Lifecycle, end: Instant): void {
    const tracer = this.#tracer(otelApi());
    if (tracer === undefined || connection.established === undefined) return;
    const start = teardownStart(connection)?.at ?? end;
    const handshake = this.#handshakes.get(connection);
    const links: Link[] = handshake ? [{ context: handshake }] : [];
    const options = { kind: kindInternal, startTime: this.#time(start), root: true, links };
    const span = tracer.startSpan(spanName.teardown, options);
    if (span.isRecording()) {
      span.setAttributes({ ...commonAttributes(connection), ...teardownAttributes(connection, end) });
      this.#addSteps(
        span,
        stepsOf(connection).filter((step) => !isOfHandshake(step)),
      );
      for (const change of connection.changes) this.#addChange(span, change);
      if (connection.error !== undefined) fail(span, connection.error);
    }
    span.end(this.#time(end < start ? start : end));
  }

  #addSteps(span: Span, steps: readonly Step[]): void {
    for (const { name, at, inferred } of steps)
      span.addEvent(eventPrefix + name, inferred ? { [a.inferred]: true } : {}, this.#time(at));
  }

  #addChange(span: Span, { from, to, at, inferred }: StateChange): void {
    const attributes: Attributes = { [a.networkConnectionState]: to, [a.statePrevious]: from };
    if (inferred) attributes[a.inferred] = true;
    span.addEvent(stateChangeEvent, attributes, this.#time(at));
  }

  /** Asked for anew each time: one taken before an SDK registers may never wake up. */
  #tracer(api: OtelApi | undefined): Tracer | undefined {
    const provider = this.#provider ?? api?.trace.getTracerProvider();
    return provider?.getTracer('synfin', this.#version);
  }

  #time(at: Instant): [number, number] {
    return this.#clock.hrTime(at);
  }
}

type HandshakeEnd = Extract<LifecycleEvent, { kind: 'handshake_completed' | 'handshake_failed' }>;

const handshakeSteps = new Set<Step['name']>(['syn', 'syn_ack', 'ack']);

function isOfHandshake({ name }: Step): boolean {
  return handshakeSteps.has(name);
}

function handshakeChange(
  { role, source }: Lifecycle,
  { at, inferred }: { at: Instant; inferred: boolean },
): StateChange {
  return { from: role === 'server' ? 'syn_received' : 'syn_sent', to: 'established', at, inferred, source };
}

function commonAttributes(connection: Lifecycle): Attributes {
  const { role, requested, id, error } = connection;
  const { local, peer } = id.tuple ?? {};
  const attributes: Attributes = {
    [a.networkTransport]: 'tcp',
    [a.role]: role,
    [a.connectionId]: connectionId(id, connection.firstSeen),
    [a.observationSource]: connection.source,
    [a.networkConnectionState]: connection.state,
  };
  if (local && peer) {
    attributes[a.networkType] = networkType(peer.address);
    attributes[a.networkLocalAddress] = local.address;
    attributes[a.networkLocalPort] = local.port;
    attributes[a.networkPeerAddress] = peer.address;
    attributes[a.networkPeerPort] = peer.port;
  }
  const server = role === 'server' ? local : (requested ?? peer);
  const client = role === 'server' ? peer : undefined;
  if (server) Object.assign(attributes, { [a.serverAddress]: server.address, [a.serverPort]: server.port });
  if (client) Object.assign(attributes, { [a.clientAddress]: client.address, [a.clientPort]: client.port });
  if (error !== undefined) attributes[a.errorType] = error;
  return attributes;
}

function handshakeAttributes({ rttUs, synRetransmits, role, attempt }: Lifecycle): Attributes {
  const attributes: Attributes = {};
  if (rttUs !== undefined) attributes[a.rtt] = rttUs / 1e6;
  if (synRetransmits !== undefined) attributes[a.synRetransmits] = synRetransmits;
  if (role === 'client') attributes[a.connectAttempt] = attempt;
  return attributes;
}

function teardownAttributes(connection: Lifecycle, end: Instant): Attributes {
  const view = viewOf(connection, end);
  const established = connection.established?.at ?? connection.firstSeen;
  const attributes: Attributes = {
    [a.closeInitiator]: connection.initiator,
    [a.connectionDuration]: Math.max(0, end - established) / 1e6,
  };
  if (connection.closeType) attributes[a.closeType] = connection.closeType;
  if (view.retransmits !== undefined) attributes[a.retransmits] = view.retransmits;
  if (view.bytesSent !== undefined) attributes[a.bytesSent] = view.bytesSent;
  if (view.bytesReceived !== undefined) attributes[a.bytesReceived] = view.bytesReceived;
  // Only the kernel's own events see what comes after the descriptor is closed.
  if (connection.source !== 'ebpf') attributes[a.inferred] = true;
  return attributes;
}

function fail(span: Span, error: string): void {
  span.setStatus({ code: statusError, message: error });
}

function isContext(context: unknown): context is Context {
  return typeof context === 'object' && context !== null && 'getValue' in context;
}
