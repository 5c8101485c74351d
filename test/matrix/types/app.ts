// What an application in TypeScript writes; compiled against the types of each line of the SDK, never run.
import type { Attributes, Span } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  type ConnectionInfo,
  type ConnectionView,
  type Finding,
  type RunningAgent,
  type SpanCounts,
  SynfinError,
  SynfinInstrumentation,
  type SynfinInstrumentationConfig,
  start,
} from 'synfin';

const config: SynfinInstrumentationConfig = {
  spans: 'notable',
  maxSpansPerSecond: 100,
  ignore: [':9464', '10.0.0.0/8'],
  requireParentSpan: true,
  ignoreConnectionHook: (info: ConnectionInfo): boolean => info.peer?.port === 4318,
  startSpanHook: (info): Attributes => ({ 'app.span': info.span, 'app.role': info.role }),
  connectionHook: (span: Span, info) => {
    span.setAttribute('app.bytes', info.bytesReceived ?? 0);
  },
};

export const sdk = new NodeSDK({ instrumentations: [new SynfinInstrumentation(config)] });

const agent: RunningAgent = start({ closeWaitMs: 1000 });
export const views: readonly ConnectionView[] = agent.connections();
export const counts: SpanCounts = agent.spans();
export const stop: () => void = agent.onFinding((finding: Finding) => finding.advice.toUpperCase());

// @ts-expect-error: there is no such option
start({ closeWaitSeconds: 1 });
// @ts-expect-error: a hook is no option of start()
start({ requireParentSpan: true });
// @ts-expect-error: spans takes all, notable or off
new SynfinInstrumentation({ spans: 'some' });

export const code = (error: unknown): string | undefined => (error instanceof SynfinError ? error.code : undefined);
