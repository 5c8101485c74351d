import type { Attributes, Context, Link, SpanContext, Tracer, TracerProvider } from '@opentelemetry/api';
import { type Lifecycle, teardownStart } from '../connection/lifecycle.ts';
import type { LifecycleEvent } from '../connection/lifecycle-event.ts';
import { type Instant, instant } from '../tcp/identity.ts';
import { globalTracerProvider, isContext, leadsNowhere, type OtelApi, otelApi } from './api.ts';
import { isNotable } from './notable.ts';
import { spanName } from './semconv.ts';
import { handshakeAttributes, teardownAttributes } from './span-attributes.ts';
import { addEvents, handshakeEvents, type SpanEvents, teardownEvents } from './span-events.ts';
import type { GuardedHooks, SpanName } from './span-hooks.ts';
import type { SpanLimit } from './span-limit.ts';
import type { WallClock } from './wall-clock.ts';

/** SpanKind.INTERNAL and SpanStatusCode.ERROR: the API's enums are not at hand before it is loaded. */
const kindInternal = 0;
const statusError = 2;

/** `notable`: only of connections that failed, were slow, retransmitted, were reset or leaked. */
export type SpanMode = 'all' | 'notable' | 'off';

export interface SpanEmitterOptions {
  readonly version: string;
  readonly clock: () => WallClock;
  readonly now: () => Instant;
  readonly mode: SpanMode;
  readonly limit: SpanLimit;
  readonly hooks: GuardedHooks;
}

/** A handshake that is over, and of which it is not known yet whether, or under which span, it is to be told. */
interface Held {
  readonly end: Instant;
  readonly parent: SpanContext | undefined;
}

interface Telling {
  readonly name: SpanName;
  readonly start: Instant;
  readonly end: Instant;
  readonly parent: Context;
  readonly links: Link[];
  readonly error: string | undefined;
  /** Asked for only when there is room for the span. */
  readonly attributes: () => Attributes;
  readonly events: () => SpanEvents;
}

/** Tells the life of each connection in two short spans, since exporters only ever see a span that has ended. */
export class SpanEmitter {
  readonly #options: SpanEmitterOptions;
  readonly #handshakes = new WeakMap<Lifecycle, SpanContext>();
  readonly #held = new WeakMap<Lifecycle, Held>();
  /** Those that are not told for want of a parent. */
  readonly #orphans = new WeakSet<Lifecycle>();
  readonly #leaked = new WeakSet<Lifecycle>();
  #hooks: GuardedHooks;
  #provider: TracerProvider | undefined;

  constructor(options: SpanEmitterOptions) {
    this.#options = options;
    this.#hooks = options.hooks;
  }

  /** Spans go to this provider instead of the one that is registered globally. */
  setTracerProvider(provider: TracerProvider | undefined): void {
    // An SDK that is configured by a file hands out one that does nothing (@opentelemetry/sdk-node, startNodeSdk).
    this.#provider = provider?.constructor?.name === 'NoopTracerProvider' ? undefined : provider;
  }

  setHooks(hooks: GuardedHooks): void {
    this.#hooks = hooks;
  }

  get hooks(): GuardedHooks {
    return this.#hooks;
  }

  /** Somebody is there who may take a span. */
  get isHeard(): boolean {
    const provider = this.provider();
    return provider !== undefined && otelApi() !== undefined && !leadsNowhere(provider);
  }

  take(event: LifecycleEvent): void {
    const { connection } = event;
    if (this.#options.mode === 'off' || connection.suppressed) return;
    if (event.kind === 'handshake_completed') this.#established(connection, event.at, event.context);
    else if (event.kind === 'handshake_failed') this.#failed(connection, event.at, event.context, event.error);
    else if (event.kind === 'request_assigned') this.#assigned(connection, event.context);
    else if (event.kind === 'teardown_completed') this.#over(connection, event.at);
  }

  /** The connection is in a finding: whatever else becomes of it, it is worth telling. */
  leaked(connection: Lifecycle): void {
    if (this.#leaked.has(connection) || connection.suppressed) return;
    this.#leaked.add(connection);
    this.#tellHeld(connection);
  }

  /** Of the handshake's span, once there is one. */
  handshakeOf(connection: Lifecycle): SpanContext | undefined {
    return this.#handshakes.get(connection);
  }

  /** Of the handshake's span, for what else is told of the connection; undefined where there is no SDK. */
  traceIdOf(connection: Lifecycle): string | undefined {
    const { traceId } = this.#handshakes.get(connection) ?? this.#held.get(connection)?.parent ?? {};
    return traceId !== undefined && /[1-9a-f]/.test(traceId) ? traceId : undefined;
  }

  /** The provider that was set. */
  get ownProvider(): TracerProvider | undefined {
    return this.#provider;
  }

  /** The provider that spans go to now. */
  provider(): TracerProvider | undefined {
    return this.#provider ?? globalTracerProvider();
  }

  #established(connection: Lifecycle, end: Instant, context: unknown): void {
    const api = otelApi();
    if (api === undefined) return;
    const parent = parentOf(connection, context);
    const wanted = this.#options.mode === 'all' || isNotable(connection);
    if (wanted && !connection.awaitsRequest) this.#tellHandshake(api, connection, end, parent, undefined);
    else this.#held.set(connection, { end, parent: parent && api.trace.getSpanContext(parent) });
  }

  #failed(connection: Lifecycle, end: Instant, context: unknown, error: string): void {
    const api = otelApi();
    if (api) this.#tellHandshake(api, connection, end, parentOf(connection, context), error);
  }

  /** The request that a pool opened the connection for is known now, and so is its span. */
  #assigned(connection: Lifecycle, context: unknown): void {
    const api = otelApi();
    const held = this.#held.get(connection);
    if (api === undefined || held === undefined) return;
    const parent = parentOf(connection, context);
    this.#held.set(connection, { ...held, parent: parent ? api.trace.getSpanContext(parent) : held.parent });
    if (this.#options.mode === 'all' || isNotable(connection)) this.#tellHeld(connection);
  }

  #over(connection: Lifecycle, end: Instant): void {
    const api = otelApi();
    if (api === undefined || connection.established === undefined) return;
    const notable = isNotable(connection) || this.#leaked.has(connection);
    if (this.#options.mode === 'notable' && !notable) return;
    this.#tellHeld(connection);
    const start = teardownStart(connection)?.at ?? end;
    const handshake = this.#handshakes.get(connection);
    this.#tell(connection, {
      name: spanName.teardown,
      start,
      end,
      parent: api.ROOT_CONTEXT,
      links: handshake ? [{ context: handshake }] : [],
      error: connection.error,
      attributes: () => teardownAttributes(connection, end),
      events: () => teardownEvents(connection),
    });
  }

  #tellHeld(connection: Lifecycle): void {
    const api = otelApi();
    const held = this.#held.get(connection);
    if (api === undefined || held === undefined) return;
    this.#held.delete(connection);
    const parent = held.parent && api.trace.setSpanContext(api.ROOT_CONTEXT, held.parent);
    this.#tellHandshake(api, connection, held.end, parent, undefined);
  }

  #tellHandshake(
    api: OtelApi,
    connection: Lifecycle,
    end: Instant,
    parent: Context | undefined,
    error: string | undefined,
  ): void {
    const { syn } = connection;
    // A connection first seen half-way has no handshake to tell of.
    if (syn === undefined) return;
    if (this.#hooks.requireParentSpan && !hasSpan(api, parent)) this.#orphans.add(connection);
    this.#tell(connection, {
      name: spanName.handshake,
      start: syn.at,
      end,
      // An accepted socket runs in the context of listen(), which is nobody's request.
      parent: parent ?? api.ROOT_CONTEXT,
      links: [],
      error,
      attributes: () => handshakeAttributes(connection, error),
      events: () => handshakeEvents(connection, error !== undefined),
    });
  }

  #tell(connection: Lifecycle, telling: Telling): void {
    const { name, start, links, parent } = telling;
    const { limit, now } = this.#options;
    const tracer = this.#tracer();
    if (tracer === undefined || this.#isUntold(connection, telling)) return;
    const notable = isNotable(connection) || this.#leaked.has(connection);
    if (!limit.admits(notable, now())) return;
    const end = instant(Math.max(telling.end, start));
    const time = this.#options.clock().timesSince(start);
    const attributes = telling.attributes();
    const added = this.#hooks.attributes(connection, name, end);
    if (added) Object.assign(attributes, added);
    const span = tracer.startSpan(name, { kind: kindInternal, startTime: time(start), attributes, links }, parent);
    // Before it ends: whoever takes it then may fail.
    if (name === spanName.handshake) this.#handshakes.set(connection, span.spanContext());
    if (span.isRecording()) {
      addEvents(span, telling.events(), time);
      if (telling.error !== undefined) span.setStatus({ code: statusError, message: telling.error });
      this.#hooks.ending(span, connection, name, end);
    } else limit.giveBack();
    span.end(time(end));
  }

  #isUntold(connection: Lifecycle, { name, end }: Telling): boolean {
    const orphan = this.#hooks.requireParentSpan && this.#isOrphan(connection, name);
    return orphan || this.#hooks.ignores(connection, name, end);
  }

  /** Also those whose handshake was over before an SDK came: nobody knows what it was made under. */
  #isOrphan(connection: Lifecycle, name: SpanName): boolean {
    return this.#orphans.has(connection) || (name === spanName.teardown && !this.#handshakes.has(connection));
  }

  /** Asked for anew each time: one taken before an SDK registers may never wake up. */
  #tracer(): Tracer | undefined {
    return this.provider()?.getTracer('synfin', this.#options.version);
  }
}

function parentOf({ role }: Lifecycle, context: unknown): Context | undefined {
  return role === 'client' && isContext(context) ? context : undefined;
}

function hasSpan(api: OtelApi, context: Context | undefined): boolean {
  const span = context && api.trace.getSpanContext(context);
  return span !== undefined && api.isSpanContextValid(span);
}
