// Preloaded: an OpenTelemetry SDK whose batches go nowhere, with spans, metrics or both, and instrumentation-net where it
// is asked for.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';

interface Sdk {
  BasicTracerProvider: new (options: { spanProcessors: readonly unknown[] }) => TracerProvider;
  BatchSpanProcessor: new (exporter: unknown) => unknown;
}

interface MetricsSdk {
  MeterProvider: new (options: { readers: readonly unknown[] }) => MeterProvider;
  PeriodicExportingMetricReader: new (options: { exporter: unknown; exportIntervalMillis: number }) => unknown;
}

const discarding = {
  export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => {},
  forceFlush: async () => {},
};

const from = process.env.BENCH_SDK_FROM ?? '';
const require = createRequire(from.endsWith('.js') ? from : join(from, 'package.json'));
const { metrics, trace }: typeof import('@opentelemetry/api') = require('@opentelemetry/api');
const { BasicTracerProvider, BatchSpanProcessor }: Sdk = require('@opentelemetry/sdk-trace-base');

const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(discarding)] });
if (process.env.BENCH_SIGNALS !== 'metrics') trace.setGlobalTracerProvider(provider);

if (process.env.BENCH_SIGNALS) {
  const { MeterProvider, PeriodicExportingMetricReader }: MetricsSdk = require('@opentelemetry/sdk-metrics');
  // Far more often than the minute that is usual: what collecting costs is in the number too.
  const reader = new PeriodicExportingMetricReader({ exporter: discarding, exportIntervalMillis: 5000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
}

if (process.env.BENCH_INSTRUMENT_NET) {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { NetInstrumentation } = require('@opentelemetry/instrumentation-net');
  registerInstrumentations({ tracerProvider: provider, instrumentations: [new NetInstrumentation()] });
  // It patches what is required, not what is imported.
  require('node:net');
}
