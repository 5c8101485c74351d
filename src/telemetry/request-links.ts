import type { Context, Span } from '@opentelemetry/api';
import type { Lifecycle } from '../connection/lifecycle.ts';
import type { Instant } from '../tcp/identity.ts';
import { type OtelApi, otelApi } from './api.ts';
import { servingAttributes } from './span-attributes.ts';
import type { SpanEmitter } from './spans.ts';
import { isClientSpan, type UndiciSpans } from './undici-spans.ts';

/** A HTTP request of which it is known which connection serves it. */
export interface Served {
  readonly by: 'http' | 'undici';
  readonly request: object;
  /** The telemetry context in which it was made. */
  readonly context: unknown;
  readonly madeAt: Instant;
  readonly reused: boolean;
}

/** TraceFlags.SAMPLED */
const sampled = 1;

/**
 * Ties the span of a HTTP request, which another instrumentation makes, to the connection that served it: a link, since
 * a pooled connection serves many traces, and what is known of the connection. Makes no span of its own.
 */
export class RequestLinks {
  readonly #spans: SpanEmitter;
  readonly #undici: UndiciSpans;

  constructor(spans: SpanEmitter, undici: UndiciSpans) {
    this.#spans = spans;
    this.#undici = undici;
  }

  served(connection: Lifecycle, { by, request, context, madeAt, reused }: Served): void {
    const api = otelApi();
    const { established, suppressed } = connection;
    if (api === undefined || established === undefined || suppressed) return;
    const span = by === 'undici' ? this.#undici.spanOf(request) : httpSpan(api, context);
    if (!span?.isRecording()) return;
    const age = Math.max(0, madeAt - established.at) / 1e6;
    const attributes = servingAttributes(connection, reused, age);
    span.setAttributes(attributes);
    const handshake = this.#spans.handshakeOf(connection);
    // Of a handshake that was not sampled nobody will ever see anything.
    if (handshake && (handshake.traceFlags & sampled) !== 0) span.addLink({ context: handshake, attributes });
  }
}

/** @opentelemetry/instrumentation-http calls `http.request` with its span active. */
function httpSpan(api: OtelApi, context: unknown): Span | undefined {
  const span = api.trace.getSpan(context as Context);
  return span && isClientSpan(span) ? span : undefined;
}
