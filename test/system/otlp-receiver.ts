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

/** A log record as it came over the wire. */
export interface ReceivedLog {
  readonly scope: ReceivedSpan['scope'];
  readonly eventName: string | undefined;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly at: bigint;
  readonly body: Value;
  /** Of the span that its context held; empty where there was none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

/** A point of a metric as it came over the wire; of a histogram, how many values there were. */
export interface ReceivedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly scope: ReceivedSpan['scope'];
  readonly attributes: Attributes;
  readonly value: number;
}

/** A collector for one test: takes OTLP over HTTP as JSON (https://opentelemetry.io/docs/specs/otlp/) and keeps it. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly logs: ReceivedLog[] = [];
  /** The latest points of each metric. */
  readonly points: ReceivedPoint[] = [];
  /** Connections that were made to it. */
  connections = 0;
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (request.url === '/v1/traces') this.#takeSpans(body as Traces);
    if (request.url === '/v1/logs') this.#takeLogs(body as Logs);
    if (request.url === '/v1/metrics') this.#takeMetrics(body as Metrics);
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

  /** What tells an SDK to send its spans here, and nothing else. */
  get environment(): Record<string, string> {
    return otlpEnvironment(this.port);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #takeSpans({ resourceSpans }: Traces): void {
    for (const { scopeSpans } of resourceSpans)
      for (const { scope, spans } of scopeSpans) for (const span of spans) this.spans.push(received(scope, span));
  }

  #takeLogs({ resourceLogs }: Logs): void {
    for (const { scopeLogs } of resourceLogs)
      for (const { scope, logRecords } of scopeLogs)
        for (const { body, attributes, timeUnixNano, eventName, traceId = '', spanId = '', ...severity } of logRecords)
          this.logs.push({
            ...{ scope, eventName, traceId, spanId, ...severity },
            at: BigInt(timeUnixNano),
            body: plain([{ key: 'body', value: body }]).body,
            attributes: plain(attributes),
          });
  }

  #takeMetrics({ resourceMetrics }: Metrics): void {
    for (const { scopeMetrics } of resourceMetrics)
      for (const { scope, metrics } of scopeMetrics)
        for (const { name, unit, sum, gauge, histogram } of metrics) {
          const before = this.points.filter(({ metric }) => metric !== name);
          const now = (sum ?? gauge ?? histogram)?.dataPoints.map(({ attributes, asInt, asDouble, count }) => {
            return {
              metric: name,
              unit,
              scope,
              attributes: plain(attributes),
              value: Number(asInt ?? asDouble ?? count),
            };
          });
          this.points.splice(0, this.points.length, ...before, ...(now ?? []));
        }
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

interface Traces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly scope: ReceivedSpan['scope']; readonly spans: readonly WireSpan[] }[];
  }[];
}

interface Logs {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly scope: ReceivedSpan['scope']; readonly logRecords: readonly WireLog[] }[];
  }[];
}

interface WireLog extends Pick<ReceivedLog, 'eventName' | 'severityNumber' | 'severityText'> {
  readonly timeUnixNano: string;
  readonly body: Wire['value'];
  readonly attributes: readonly Wire[];
  readonly traceId?: string;
  readonly spanId?: string;
}

interface WirePoints {
  readonly dataPoints: readonly {
    readonly attributes: readonly Wire[];
    readonly asInt?: number | string;
    readonly asDouble?: number;
    readonly count?: number | string;
  }[];
}

interface Metrics {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly scope: ReceivedSpan['scope'];
      readonly metrics: readonly {
        readonly name: string;
        readonly unit: string;
        readonly sum?: WirePoints;
        readonly gauge?: WirePoints;
        readonly histogram?: WirePoints;
      }[];
    }[];
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
