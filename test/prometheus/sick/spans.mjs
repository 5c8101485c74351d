// A service with more connections a second than synfin may tell spans of (SYNFIN_MAX_SPANS_PER_SECOND), to an SDK that
// throws them away.
import { connect, createServer } from 'node:net';
import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { beside, isBeside, whenCured } from './beside.mjs';

const everyMs = 100;

function clients(port) {
  setInterval(
    () =>
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .end(),
    everyMs,
  );
}

function service() {
  const spanProcessors = [new tracing.SimpleSpanProcessor(new tracing.InMemorySpanExporter())];
  new NodeSDK({ spanProcessors, autoDetectResources: false }).start();
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1', () => {
    const child = beside(import.meta.filename, 'clients', server.address().port);
    whenCured(() => child.kill());
  });
}

if (!isBeside({ clients })) service();
