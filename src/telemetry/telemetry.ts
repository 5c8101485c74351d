import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { Lifecycle } from '../connection/lifecycle.ts';
import type { LifecycleEvent } from '../connection/lifecycle-event.ts';
import type { SweepEnd } from '../connection/observation.ts';
import type { Finding } from '../detectors/detector.ts';
import type { LeakKind } from '../detectors/kinds.ts';
import type { Instant } from '../tcp/identity.ts';
import { withoutRequest } from './api.ts';
import { ConnectionMeter } from './connection-meter.ts';
import { leakAttributes } from './finding-readings.ts';
import { LeakCounter } from './leak-counter.ts';
import { Measurements } from './measurements.ts';
import { metricAttribute } from './metric-names.ts';
import { type LoggerProvider, OtelLogger } from './otel-logger.ts';
import { OtelMeter } from './otel-meter.ts';
import { processClock } from './process-clock.ts';
import { RequestLinks, type Served } from './request-links.ts';
import { GuardedHooks, type SpanHooks } from './span-hooks.ts';
import { SpanLimit } from './span-limit.ts';
import { SpanEmitter, type SpanMode } from './spans.ts';
import { UndiciSpans } from './undici-spans.ts';
import type { WallClock } from './wall-clock.ts';

export interface TelemetryOptions {
  readonly version: string;
  readonly options: { readonly spans: SpanMode; readonly maxSpansPerSecond: number };
  /** False: nothing is measured, and no record is made. */
  readonly metrics: boolean;
  readonly now: () => Instant;
  /** Told to a person, once. */
  readonly tell: (message: string) => void;
  /** To hear of undici's requests after everybody else who listens now. */
  readonly listenLast: () => void;
  readonly fault: (where: string, error: unknown) => void;
}

/** What became of the spans that there were to tell. */
export interface SpanCounts {
  readonly told: number;
  /** Over `maxSpansPerSecond`. */
  readonly dropped: number;
}

/** What somebody else has handed over: an SDK, or the application. */
export interface Injected {
  readonly tracers?: TracerProvider | undefined;
  readonly meters?: MeterProvider | undefined;
  readonly loggers?: LoggerProvider | undefined;
  readonly hooks?: SpanHooks | undefined;
}

/** A connection's spans: to tell one without room for the other costs as much as both. */
const both = 2;

/** All that goes to OpenTelemetry, as the agent sees it. */
export class Telemetry {
  readonly #clock: () => WallClock;
  readonly #mode: SpanMode;
  readonly #spans: SpanEmitter;
  readonly #limit: SpanLimit;
  readonly #undici: UndiciSpans;
  readonly #links: RequestLinks;
  /** What is measured, whoever hears of it. */
  readonly measurements: Measurements;
  /** Where log records go. */
  readonly logger: OtelLogger;
  readonly connectionMeter: ConnectionMeter;
  readonly #leaks: LeakCounter;
  readonly #meter: OtelMeter;
  readonly #metrics: boolean;
  #hooks: SpanHooks = {};
  readonly #fault: TelemetryOptions['fault'];
  readonly #now: () => Instant;

  constructor({ options, metrics, version, now, tell, listenLast, fault }: TelemetryOptions) {
    const { spans: mode, maxSpansPerSecond } = options;
    this.#mode = mode;
    this.#fault = fault;
    this.#now = now;
    this.#clock = processClock(now);
    this.#limit = new SpanLimit(maxSpansPerSecond, () =>
      tell(`there are more than ${maxSpansPerSecond} spans a second: what is over that (maxSpansPerSecond) is dropped`),
    );
    this.measurements = new Measurements(fault);
    this.#meter = new OtelMeter({ version, measurements: this.measurements, fault });
    this.logger = new OtelLogger({ version, enabled: metrics });
    this.connectionMeter = new ConnectionMeter(this.measurements);
    this.#leaks = new LeakCounter(this.measurements);
    if (metrics) this.measurements.join(this.#meter);
    this.#metrics = metrics;
    const hooks = new GuardedHooks({}, fault);
    this.#spans = new SpanEmitter({ version, clock: this.#clock, now, mode, limit: this.#limit, hooks });
    this.#undici = new UndiciSpans({ provider: () => this.#spans.provider(), listenLast });
    this.#links = new RequestLinks(this.#spans, this.#undici);
  }

  get clock(): WallClock {
    return this.#clock();
  }

  /** Spans go to this provider instead of the one that is registered globally. */
  setTracerProvider(provider: TracerProvider | undefined): void {
    try {
      this.#spans.setTracerProvider(provider);
    } catch (error) {
      this.#fault('setTracerProvider', error);
    }
    this.start();
    // NodeSDK hands out a provider that leads to nothing until the call that does so is over.
    queueMicrotask(() => this.start());
  }

  /** An SDK may be there already. */
  start(): void {
    try {
      if (this.#mode !== 'off') this.#undici.join();
    } catch (error) {
      this.#fault('span processors', error);
    }
    this.bind();
  }

  /** To be called from time to time: an SDK may have come, or another one. */
  bind(): void {
    if (this.#metrics) this.#meter.bind();
  }

  /** Measurements go to this provider instead of the one that is registered globally. */
  setMeterProvider(provider: MeterProvider | undefined): void {
    if (this.#metrics) this.#meter.setMeterProvider(provider);
  }

  setHooks(hooks: SpanHooks): void {
    this.#hooks = hooks;
    this.#spans.setHooks(new GuardedHooks(hooks, this.#fault));
  }

  /** Takes back what was set, unless somebody else has set it since. */
  unset({ tracers, meters, loggers, hooks }: Injected): void {
    if (tracers && this.#spans.ownProvider === tracers) this.setTracerProvider(undefined);
    if (meters && this.#meter.ownProvider === meters) this.setMeterProvider(undefined);
    if (loggers && this.logger.ownProvider === loggers) this.logger.setLoggerProvider(undefined);
    if (hooks && this.#hooks === hooks) this.setHooks({});
  }

  take(events: readonly LifecycleEvent[]): void {
    for (const event of events) {
      // Where the clock was set while nothing happened, it is noticed before the first time is told.
      if (event.kind === 'handshake_started') this.#clock().refresh();
      this.#spans.take(event);
      if (this.isMeasuring) this.connectionMeter.take(event);
    }
  }

  /** Whether the span of a handshake that is just over would be told; `dull` when nothing happened to it. */
  wantsHandshake(dull: boolean): boolean {
    if (!this.isHeard) return false;
    if (this.#spans.hooks.any) return true;
    return this.#mode === 'notable' ? !dull : this.#limit.hasRoom(!dull, this.#now(), dull ? both : 1);
  }

  /**
   * Whether the spans of a connection that is over, and of which nothing was told, would be; who measures wants to know
   * how one ended to which something happened. Those that would, if only there were room, are counted as dropped.
   */
  wantsTeardown(dull: boolean): boolean {
    if (!this.isHeard) return !dull && this.isMeasuring;
    if (!dull || this.#spans.hooks.any) return true;
    if (this.#mode === 'notable') return false;
    if (this.#limit.hasRoom(false, this.#now(), both)) return true;
    this.#limit.drop(both);
    return false;
  }

  /** What a span that is told later needs of the context in which the connection was opened. */
  keep(context: unknown): unknown {
    return this.isHeard ? withoutRequest(context) : undefined;
  }

  /** Spans are wanted, and somebody takes them. */
  get isHeard(): boolean {
    return this.#mode !== 'off' && this.#spans.isHeard;
  }

  /** Somebody measures, and hears of it now. */
  get isMeasuring(): boolean {
    return this.measurements.isHeard;
  }

  /** A finding that was told is about it; `leak`: that finding, if it is one. */
  readonly leaked = (connection: Lifecycle, leak: Finding | undefined): void => {
    if (this.#mode !== 'off') this.#spans.leaked(connection);
    if (leak) this.#leaks.found(connection, leak);
  };

  /** A leaked connection was closed. */
  readonly destroyed = (kind: LeakKind, cause: string): void => {
    this.measurements.add('synfin.tcp.connection.leak.destroyed', 1, leakAttributes(kind, cause));
  };

  /** A look is over. */
  swept({ source, startedAt, at }: SweepEnd): void {
    this.bind();
    this.measurements.record('synfin.source.sweep.duration', Math.max(0, at - startedAt) / 1e6, {
      [metricAttribute.sourceName]: source,
    });
  }

  undiciMade(request: object): void {
    if (this.#mode !== 'off') this.#undici.made(request);
  }

  served(connection: Lifecycle, request: Served): void {
    if (this.#mode !== 'off') this.#links.served(connection, request);
  }

  traceIdOf(connection: Lifecycle): string | undefined {
    return this.#spans.traceIdOf(connection);
  }

  /** Of the handshake's span, once there is one. */
  readonly handshakeOf = (connection: Lifecycle) => this.#spans.handshakeOf(connection);

  counts(): SpanCounts {
    const { told, dropped } = this.#limit;
    return { told, dropped };
  }

  close(): void {
    try {
      this.#undici.close();
    } catch (error) {
      this.#fault('span processors', error);
    }
    this.measurements.end();
  }
}
