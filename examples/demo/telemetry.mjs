// The service's OpenTelemetry, as any service has it: an SDK with an exporter. synfin starts no SDK of its own; it finds
// this one and gives it two spans per connection. Yours would export them by OTLP; this one hands them to the conductor
// of the demo (demo.mjs), which prints them.

import { NodeSDK } from '@opentelemetry/sdk-node';
import { start } from 'synfin';

const tell = (message) => process.send?.(message);

/** A SpanExporter: https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-exporter */
const toTheConductor = {
  export(spans, done) {
    for (const { name, attributes, endTime, duration } of spans)
      tell({ kind: 'span', name, attributes, endedAt: milliseconds(endTime), duration: milliseconds(duration) });
    done({ code: 0 });
  },
  async shutdown() {},
};

function milliseconds([seconds, nanoseconds]) {
  return seconds * 1e3 + nanoseconds / 1e6;
}

new NodeSDK({ traceExporter: toTheConductor, autoDetectResources: false }).start();

// synfin runs already (--import synfin/register): start() gives the running agent. Here it is only asked for what the
// closing summary of the demo needs; what you see of findings is what synfin itself writes to stderr.
const agent = start();
agent.onFinding((finding) => tell({ kind: 'finding', finding }));
process.on('message', (message) => {
  if (message === 'sources?') tell({ kind: 'sources', sources: agent.sources() });
});

// The conductor is gone: nobody needs this process any more.
process.once('disconnect', () => process.exit());
