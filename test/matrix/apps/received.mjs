// node received.mjs <protocol>: an application with NodeSDK, an instrumentation of its HTTP and synfin beside it, that
// makes a few connections in a span of its own and sends all of it away by this protocol.
import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SynfinInstrumentation } from 'synfin';

process.env.OTEL_EXPORTER_OTLP_PROTOCOL = process.argv[2];

const sdk = new NodeSDK({
  serviceName: 'received',
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation(), new SynfinInstrumentation()],
});
sdk.start();

// HttpInstrumentation sees what is required, not what is imported.
const require = createRequire(import.meta.url);
const connections = require('./connections.cjs');
const requests = require('./requests.cjs');
const load = async (name) => require(name);

for (const [name, way] of [
  ['refused', connections.refused],
  ['http, kept alive', connections['http, kept alive']],
  ['fetch, kept alive', requests['kept alive, fetch']],
])
  await trace.getTracer('app').startActiveSpan(name, async (span) => {
    await way(load);
    span.end();
  });

// The servers' ends of the connections are closed a turn later.
await new Promise((resolve) => setTimeout(resolve, 50));
await sdk.shutdown();
