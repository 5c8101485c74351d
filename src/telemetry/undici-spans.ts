import type { Span, TracerProvider } from '@opentelemetry/api';

/** SpanKind.CLIENT */
const kindClient = 2;

const scopeName = '@opentelemetry/instrumentation-undici';

/** A span as every JavaScript SDK has it (ReadableSpan); the API shows less. */
interface SdkSpan extends Span {
  readonly kind?: number;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly instrumentationScope?: { readonly name?: string };
}

/** A SpanProcessor (https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-processor). */
interface Processor {
  onStart(span: SdkSpan): void;
  onEnd(): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Where the SDKs 2.x and 3.x keep the processors of a provider (sdk-trace, TracerProvider and MultiSpanProcessor). */
interface SdkProvider {
  getDelegate?(): SdkProvider;
  readonly _activeSpanProcessor?: { readonly _spanProcessors?: unknown };
}

/** Whether a span is that of a HTTP request which this process makes. */
export function isClientSpan(span: Span): boolean {
  const { kind, attributes } = span as SdkSpan;
  if (kind !== kindClient || attributes === undefined) return false;
  return 'http.request.method' in attributes || 'http.method' in attributes;
}

/**
 * Finds the span of an undici request. Its instrumentation makes it where undici tells of the request, activates it
 * nowhere and keeps it to itself, and no API leads to it; so this listens, as one more span processor, to what begins
 * in that very moment. Where an SDK keeps its processors elsewhere, no span is found and nothing is changed.
 */
export class UndiciSpans {
  readonly #provider: () => TracerProvider | undefined;
  readonly #found = new WeakMap<object, Span>();
  readonly #joined = new Map<unknown[], Processor>();
  readonly #seen = new WeakSet<object>();
  /** Whichever of the two comes first waits for the other, until the channel that both listen to has told everybody. */
  #request: object | undefined;
  #span: SdkSpan | undefined;

  /** `provider`: where spans go now. */
  constructor(provider: () => TracerProvider | undefined) {
    this.#provider = provider;
  }

  spanOf(request: object): Span | undefined {
    const span = this.#found.get(request);
    const carried = propagated(request);
    // Its headers are proof, where there is a propagator; without one the moment must do.
    return carried === undefined || (span && carried.includes(span.spanContext().spanId)) ? span : undefined;
  }

  /** undici tells of a request that was made. */
  made(request: object): void {
    this.join();
    if (this.#joined.size === 0) return;
    const span = this.#span;
    this.#span = undefined;
    if (span && isFor(span, request)) this.#found.set(request, span);
    // With the headers that carry its span a request has been to its instrumentation before.
    else if (propagated(request) === undefined) {
      this.#request = request;
      this.#forgetSoon();
    }
  }

  /** Leaves every provider as it was. */
  close(): void {
    for (const [processors, processor] of this.#joined) {
      const at = processors.indexOf(processor);
      if (at >= 0) processors.splice(at, 1);
    }
    this.#joined.clear();
  }

  /** Early enough, or the span of the first request goes by: whoever makes it may have come to the channel before. */
  join(): void {
    const given = this.#provider() as SdkProvider | undefined;
    const sdk = given?.getDelegate?.() ?? given;
    if (sdk === undefined || this.#seen.has(sdk)) return;
    this.#seen.add(sdk);
    const processors = sdk._activeSpanProcessor?._spanProcessors;
    if (!Array.isArray(processors)) return;
    const processor: Processor = {
      onStart: (span) => this.#started(span),
      onEnd() {},
      async forceFlush() {},
      async shutdown() {},
    };
    processors.push(processor);
    this.#joined.set(processors, processor);
  }

  #started(span: SdkSpan): void {
    if (span.instrumentationScope?.name !== scopeName) return;
    const request = this.#request;
    this.#request = undefined;
    if (request && isFor(span, request)) this.#found.set(request, span);
    else {
      this.#span = span;
      this.#forgetSoon();
    }
  }

  #forgetSoon(): void {
    queueMicrotask(() => {
      this.#request = undefined;
      this.#span = undefined;
    });
  }
}

/** Headers of the propagators that OpenTelemetry has. */
const propagation = new Set(['traceparent', 'b3', 'x-b3-spanid', 'uber-trace-id', 'x-amzn-trace-id']);

/** What a propagator wrote into the headers of an undici request, names and values in turn; undefined where none did. */
function propagated(request: object): string | undefined {
  const { headers } = request as { headers?: unknown };
  if (!Array.isArray(headers)) return undefined;
  for (let at = 0; at + 1 < headers.length; at += 2)
    if (propagation.has(String(headers[at]).toLowerCase())) return String(headers[at + 1]);
  return undefined;
}

function isFor(span: SdkSpan, request: object): boolean {
  const { origin, path } = request as { origin?: unknown; path?: unknown };
  try {
    return span.attributes?.['url.full'] === new URL(String(path), String(origin)).toString();
  } catch {
    return false;
  }
}
