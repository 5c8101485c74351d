// Preloaded: an OpenTelemetry SDK whose batches go nowhere, and instrumentation-net where it is asked for.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TracerProvider } from '@opentelemetry/api';

interface Sdk {
  BasicTracerProvider: new (options: { spanProcessors: readonly unknown[] }) => TracerProvider;
  BatchSpanProcessor: new (exporter: unknown) => unknown;
}

const discarding = {
  export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => {},
  forceFlush: async () => {},
};

const from = process.env.BENCH_SDK_FROM ?? '';
const require = createRequire(from.endsWith('.js') ? from : join(from, 'package.json'));
const { trace }: typeof import('@opentelemetry/api') = require('@opentelemetry/api');
const { BasicTracerProvider, BatchSpanProcessor }: Sdk = require('@opentelemetry/sdk-trace-base');

const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(discarding)] });
trace.setGlobalTracerProvider(provider);

if (process.env.BENCH_INSTRUMENT_NET) {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { NetInstrumentation } = require('@opentelemetry/instrumentation-net');
  registerInstrumentations({ tracerProvider: provider, instrumentations: [new NetInstrumentation()] });
  // It patches what is required, not what is imported.
  require('node:net');
}
