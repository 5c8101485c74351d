// node exporters.mjs <protocol>: says what its SDK was given to send, and to whom. `OTEL_EXPORTER_OTLP_ENDPOINT` says
// where the collector is, if there is one.
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SynfinInstrumentation } from 'synfin';
import connections from './connections.cjs';

const packages = {
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  grpc: '@opentelemetry/exporter-trace-otlp-grpc',
};
const { OTLPTraceExporter } = await import(packages[process.argv[2]]);

/** Keeps what it passes on. */
class Recording extends OTLPTraceExporter {
  taken = [];

  export(spans, done) {
    for (const { name, attributes } of spans)
      this.taken.push([name, attributes['synfin.tcp.role'], attributes['network.peer.port']]);
    super.export(spans, done);
  }
}

const traceExporter = new Recording();
const sdk = new NodeSDK({ traceExporter, instrumentations: [new SynfinInstrumentation()] });
sdk.start();

// The exporter's connections come and go while there is still somebody to tell of them.
for (let i = 0; i < 2; i++) {
  for (const act of Object.values(connections)) await act((name) => import(name));
  await trace
    .getTracerProvider()
    .getDelegate()
    .forceFlush()
    .catch(() => {});
}
await sdk.shutdown().catch(() => {});
console.log(JSON.stringify({ taken: traceExporter.taken }));
