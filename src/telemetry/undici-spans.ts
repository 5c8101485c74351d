import type { Span, TracerProvider } from '@opentelemetry/api';
import { carries, isPropagated } from './propagation.ts';

/** SpanKind.CLIENT */
const kindClient = 2;

const scopeName = '@opentelemetry/instrumentation-undici';

/** A span as every JavaScript SDK has it (ReadableSpan); the API shows less. */
interface SdkSpan extends Span {
  readonly kind?: number;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly instrumentationScope?: { readonly name?: string };
}

/** Where the SDKs 2.x and 3.x keep the processors of a provider (sdk-trace, TracerProvider and MultiSpanProcessor). */
interface SdkProvider {
  getDelegate?(): SdkProvider;
  readonly _activeSpanProcessor?: Multi;
}

interface Multi {
  _spanProcessors?: unknown;
}

interface Found {
  readonly span: SdkSpan;
  /** Seen to begin where undici told of the request, and not merely near it. */
  readonly sure: boolean;
}

/** So often it is tried to be the last at the channel; instrumentations may come and go. */
const mostMoves = 10;

export interface UndiciSpansPorts {
  /** Where spans go now. */
  readonly provider: () => TracerProvider | undefined;
  /** To hear of each request after everybody else who listens now. */
  readonly listenLast: () => void;
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
  readonly #ports: UndiciSpansPorts;
  readonly #found = new WeakMap<object, Found>();
  readonly #seen = new WeakSet<object>();
  readonly #undo = new Set<() => void>();
  #joined = false;
  #closed = false;
  /** The request that was told of last, and the span that began last: neither outlives the moment. */
  #request: object | undefined;
  #begun: Found | undefined;
  #moves = 0;

  constructor(ports: UndiciSpansPorts) {
    this.#ports = ports;
  }

  /** A link to a wrong connection would be worse than none: the headers are the proof, where there is a propagator. */
  spanOf(request: object): Span | undefined {
    const found = this.#found.get(request);
    if (found === undefined) return undefined;
    const proven = isPropagated(request) ? carries(request, found.span.spanContext().spanId) : found.sure;
    return proven ? found.span : undefined;
  }

  /** undici tells of a request that was made, and its instrumentation has been told before. */
  made(request: object): void {
    this.join();
    if (!this.#joined) return;
    const begun = this.#begun;
    this.#begun = undefined;
    this.#request = undefined;
    if (begun && isFor(begun.span, request)) {
      const sure = begun.sure || carries(request, begun.span.spanContext().spanId);
      this.#found.set(request, { span: begun.span, sure });
      if (sure) return;
    }
    this.#request = request;
    this.#forgetSoon();
  }

  /** Early enough, or the span of the first request goes by: whoever makes it may have come to the channel before. */
  join(): void {
    const given = this.#ports.provider() as SdkProvider | undefined;
    if (this.#closed || given === undefined) return;
    const multi = (given.getDelegate?.() ?? given)._activeSpanProcessor;
    const before = multi?._spanProcessors;
    if (multi === undefined || this.#seen.has(multi) || !Array.isArray(before)) return;
    this.#seen.add(multi);
    // A list of its own: the application may have kept the one that it gave.
    const joined = [...before, this.#processor()];
    multi._spanProcessors = joined;
    if (multi._spanProcessors !== joined) return;
    this.#joined = true;
    const held = new WeakRef(multi);
    this.#undo.add(() => {
      const left = held.deref();
      if (left?._spanProcessors === joined) left._spanProcessors = before;
    });
    this.#ports.listenLast();
  }

  /** Leaves every provider as it was. */
  close(): void {
    this.#closed = true;
    for (const undo of this.#undo) undo();
    this.#undo.clear();
  }

  /** A SpanProcessor (https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-processor). */
  #processor() {
    return {
      onStart: (span: SdkSpan) => this.#started(span),
      onEnd() {},
      async forceFlush() {},
      async shutdown() {},
    };
  }

  #started(span: SdkSpan): void {
    if (this.#closed || span.instrumentationScope?.name !== scopeName) return;
    const request = this.#request;
    this.#request = undefined;
    // Either its instrumentation came to the channel after us, or made none for that one and this is the next one's.
    const unsure = request !== undefined && isFor(span, request);
    if (unsure) {
      this.#found.set(request, { span, sure: false });
      if (this.#moves++ < mostMoves) this.#ports.listenLast();
    }
    this.#begun = { span, sure: !unsure };
    this.#forgetSoon();
  }

  #forgetSoon(): void {
    queueMicrotask(() => {
      this.#request = undefined;
      this.#begun = undefined;
    });
  }
}

function isFor(span: SdkSpan, request: object): boolean {
  const { origin, path } = request as { origin?: unknown; path?: unknown };
  try {
    return span.attributes?.['url.full'] === new URL(String(path), String(origin)).toString();
  } catch {
    return false;
  }
}
