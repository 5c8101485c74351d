import { createRequire } from 'node:module';
import type { Context, MeterProvider, SpanContext, TracerProvider } from '@opentelemetry/api';

export type OtelApi = typeof import('@opentelemetry/api');

/** Where every copy of @opentelemetry/api 1.x keeps what an SDK registered. */
const registered = Symbol.for('opentelemetry.js.api.1');

/** Symbol.for of this text is the context key of every SDK (createContextKey). */
const suppressedKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

let loaded: OtelApi | null | undefined;

/**
 * The API, as soon as somebody has registered anything with it, and not before: until then there is no context to
 * capture and nowhere to send a span, and loading it would cost every process that has no telemetry.
 */
export function otelApi(): OtelApi | undefined {
  if (loaded === undefined && Reflect.get(globalThis, registered) !== undefined) loaded = load();
  return loaded ?? undefined;
}

/** Where spans go that are made by way of the API, whether or not that is loaded; undefined before an SDK is there. */
export function globalTracerProvider(): TracerProvider | undefined {
  const global = Reflect.get(globalThis, registered) as { readonly trace?: TracerProvider } | undefined;
  return global?.trace;
}

/** Where measurements go; undefined before an SDK that takes any is there. The API has no proxy for it. */
export function globalMeterProvider(): MeterProvider | undefined {
  const global = Reflect.get(globalThis, registered) as { readonly metrics?: MeterProvider } | undefined;
  return global?.metrics;
}

interface Flushable {
  forceFlush?(): Promise<unknown>;
  getDelegate?(): Flushable;
  /** Of the logs API before 1.10: https://www.npmjs.com/package/@opentelemetry/api-logs */
  _getDelegate?(): Flushable;
}

/** Whatever of an SDK is registered globally, on either line: for spans and logs, and for metrics where they are wanted. */
export function globalProviders(withMetrics: boolean): readonly Flushable[] {
  const { trace, metrics } = (Reflect.get(globalThis, registered) ?? {}) as Record<string, Flushable | undefined>;
  return [trace, ...(globalLogs() as readonly Flushable[]), withMetrics ? metrics : undefined].flatMap(
    (given) => given?.getDelegate?.() ?? given?._getDelegate?.() ?? given ?? [],
  );
}

/**
 * What is registered for logs, in either place: since 1.10 they are a part of the API (SDK 3.x); before, they have one of
 * their own, @opentelemetry/api-logs (SDK 2.x), whose global is a function of the version that is asked for.
 */
export function globalLogs(): readonly object[] {
  const { logs } = (Reflect.get(globalThis, registered) ?? {}) as { readonly logs?: object };
  const older: unknown = Reflect.get(globalThis, Symbol.for('io.opentelemetry.js.api.logs'));
  return [logs, typeof older === 'function' ? older(1) : undefined].filter((one) => one !== undefined && one !== null);
}

/** Loads the API whether or not an SDK is there yet: the application asked for telemetry in code. */
export function requireOtelApi(): OtelApi | undefined {
  loaded ??= load();
  return loaded ?? undefined;
}

/**
 * The application's own copy first: one that is newer than the SDK's silently sees nothing of what that registered.
 */
function load(): OtelApi | null {
  for (const from of [process.argv[1], import.meta.url]) {
    if (from === undefined || from === '') continue;
    try {
      return createRequire(from)('@opentelemetry/api');
    } catch {
      // The next place, or no telemetry: the API is an optional part of the host.
    }
  }
  return null;
}

/** The caller's context, to be taken once, when connect() is called: later events run in other requests' contexts. */
export function captureContext(): { readonly context: unknown; readonly suppressed: boolean } {
  const api = otelApi();
  if (api === undefined) return nowhere;
  const context = api.context.active();
  return { context, suppressed: context.getValue(suppressedKey) === true };
}

const nowhere = { context: undefined, suppressed: false };

/** The API's own provider before an SDK is registered. */
export function leadsNowhere(provider: TracerProvider): boolean {
  const { getDelegate } = provider as { getDelegate?: () => object };
  return getDelegate?.call(provider)?.constructor?.name === 'NoopTracerProvider';
}

/** The context with nothing in it but this span, if there is one; undefined as long as nobody has registered anything. */
export function rootWith(span: SpanContext | undefined): Context | undefined {
  const api = otelApi();
  return span ? api?.trace.setSpanContext(api.ROOT_CONTEXT, span) : api?.ROOT_CONTEXT;
}

/** The context with nothing but its span in it, for a span whose parent that will be. */
export function withoutRequest(context: unknown): Context | undefined {
  const api = otelApi();
  const parent = api && isContext(context) ? api.trace.getSpanContext(context) : undefined;
  return api && parent && api.trace.setSpanContext(api.ROOT_CONTEXT, parent);
}

export function isContext(context: unknown): context is Context {
  return typeof context === 'object' && context !== null && 'getValue' in context;
}
