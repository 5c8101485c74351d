import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = string | number | boolean | undefined;
export type Attributes = Readonly<Record<string, Value>>;

/** A span as it came over the wire. Times are nanoseconds since 1970. */
export interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly scope: { readonly name: string; readonly version?: string };
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly at: bigint; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

/** A collector for one test: takes OTLP over HTTP as JSON (https://opentelemetry.io/docs/specs/otlp/) and keeps it. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Connections that were made to it. */
  connections = 0;
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === '/v1/traces') this.#take(JSON.parse(Buffer.concat(chunks).toString()));
    response.setHeader('content-type', 'application/json').end('{}');
  });

  static async listening(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.on('connection', () => receiver.connections++);
    await once(receiver.#server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What tells an SDK to send its spans here. */
  get environment(): Record<string, string> {
    return otlpEnvironment(this.port);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #take(body: Body): void {
    for (const { scopeSpans } of body.resourceSpans)
      for (const { scope, spans } of scopeSpans) for (const span of spans) this.spans.push(received(scope, span));
  }
}

export function otlpEnvironment(port: number): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  };
}

interface Wire {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

interface WireSpan extends Pick<ReceivedSpan, 'name' | 'kind' | 'traceId' | 'spanId' | 'links' | 'status'> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Wire[];
  readonly events: readonly { name: string; timeUnixNano: string; attributes: readonly Wire[] }[];
}

interface Body {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly scope: ReceivedSpan['scope']; readonly spans: readonly WireSpan[] }[];
  }[];
}

function received(scope: ReceivedSpan['scope'], span: WireSpan): ReceivedSpan {
  return {
    ...span,
    scope,
    parentSpanId: span.parentSpanId || undefined,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: plain(span.attributes),
    events: span.events.map(({ name, timeUnixNano, attributes }) => ({
      name,
      at: BigInt(timeUnixNano),
      attributes: plain(attributes),
    })),
  };
}

function plain(attributes: readonly Wire[]): Attributes {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [[type, held] = []] = Object.entries(value);
      return [key, type === 'intValue' ? Number(held) : held];
    }),
  );
}
