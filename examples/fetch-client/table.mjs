// A preload: registers an OpenTelemetry SDK whose only span processor keeps what comes in this process, and prints it
// as a table when the program is done. Yours would export by OTLP; what is read here is what a backend would get.
//
//   node --import synfin/register --import ./examples/fetch-client/table.mjs examples/fetch-client/client.mjs

import { NodeSDK } from '@opentelemetry/sdk-node';

/** Goodbyes that are on their way when the program is done may take so long. */
const patienceMs = 5000;

const spans = [];
let spanCame = () => {};

/** A SpanProcessor: https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-processor */
const keeper = {
  onStart() {},
  onEnd(span) {
    spans.push(span);
    spanCame();
  },
  async forceFlush() {},
  async shutdown() {},
};

new NodeSDK({ spanProcessors: [keeper], autoDetectResources: false }).start();

process.once('beforeExit', async () => {
  await everyGoodbye();
  print();
});

const named = (name) => spans.filter((span) => span.name === name);

/** A connection that has a handshake and no teardown yet is still open. */
async function everyGoodbye() {
  const allEnded = () => named('tcp.teardown').length >= named('tcp.handshake').length;
  if (allEnded()) return;
  await new Promise((resolve) => {
    // Not unref'ed: fetch's idle connections keep no process alive that would hear their FIN.
    const timer = setTimeout(resolve, patienceMs);
    spanCame = () => {
      if (!allEnded()) return;
      clearTimeout(timer);
      resolve();
    };
  });
}

function print() {
  line('way', 'requests', 'handshakes', 'reused', 'rtt', 'goodbye first said by');
  for (const way of spans.filter(({ attributes }) => 'requests' in attributes)) line(...row(way));
}

function line(way, requests, handshakes, reused, rtt, goodbye) {
  const numbers = [String(requests).padStart(8), String(handshakes).padStart(12), String(reused).padStart(8)];
  console.log([way.padEnd(24), ...numbers, rtt.padStart(12), '   ', goodbye].join(''));
}

/** One way: its span, the handshakes that are its children, and the teardowns that are linked to those. */
function row(way) {
  const { requests } = way.attributes;
  const handshakes = named('tcp.handshake').filter(
    ({ parentSpanContext }) => parentSpanContext?.spanId === way.spanContext().spanId,
  );
  const opened = new Set(handshakes.map((span) => span.spanContext().spanId));
  const teardowns = named('tcp.teardown').filter(({ links }) =>
    links.some(({ context }) => opened.has(context.spanId)),
  );
  return [
    way.name,
    requests,
    handshakes.length,
    requests - handshakes.length,
    median(handshakes.map(({ attributes }) => attributes['synfin.tcp.rtt'])),
    tally(teardowns.map(({ attributes }) => attributes['synfin.tcp.close.initiator'])),
  ];
}

/** Without the kernel's word there is no round-trip time. */
function median(seconds) {
  const known = seconds.filter((rtt) => rtt !== undefined).sort((a, b) => a - b);
  return known.length === 0 ? 'not known' : `${(known[known.length >> 1] * 1000).toFixed(3)} ms`;
}

/** `remote 9, local 1` */
function tally(words) {
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
}
