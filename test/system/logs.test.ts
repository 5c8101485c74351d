import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { version } from '../../src/version.ts';
import { OtlpReceiver, type ReceivedLog } from './otlp-receiver.ts';
import { fixture, jsonLines, kernelNeeds, register, run } from './run.ts';

const detected = 'synfin.tcp.connection.leak.detected';
const resolved = 'synfin.tcp.connection.leak.resolved';

const program = fixture('logs.mjs');
const env = { SYNFIN_INTERVAL_MS: '100', SYNFIN_CLOSE_WAIT_MS: '300', SYNFIN_FINDINGS: 'off' };

interface Told {
  readonly taken: readonly Pick<ReceivedLog, 'eventName' | 'body' | 'attributes'>[];
  readonly leaked: number;
  readonly findings: readonly Finding[];
}

describe('the log records of a real leak', { skip: kernelNeeds, concurrency: 2 }, () => {
  it('raised and cleared: in the trace that the connection was opened in, with its line', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const { logs, spans } = await received([program, 'raised and cleared']);
    assert.deepEqual(logs.map(said), [
      [detected, 13, 'WARN', 'raised'],
      [detected, 13, 'WARN', 'changed'],
      [resolved, 9, 'INFO', 'cleared'],
    ]);
    const [raised] = logs;
    assert.ok(raised);
    const handshake = spans.find((span) => span.name === 'tcp.handshake' && span.spanId === raised.spanId);
    const request = spans.find(({ name }) => name === 'request');
    assert.ok(handshake && request);
    assert.equal(handshake.attributes['synfin.tcp.role'], 'client');
    assert.equal(handshake.parentSpanId, request.spanId);
    for (const { traceId, spanId, scope } of logs)
      assert.deepEqual([traceId, spanId, scope], [request.traceId, handshake.spanId, { name: 'synfin', version }]);
    for (const name of [
      ...['synfin.connection.id', 'synfin.tcp.role', 'network.type', 'network.local.address', 'network.local.port'],
      ...['network.peer.address', 'network.peer.port', 'server.address', 'server.port', 'network.transport'],
    ])
      for (const { attributes } of logs) assert.equal(attributes[name], handshake.attributes[name], name);
    assert.equal(raised.attributes['code.function.name'], 'forget');
    assert.equal(raised.attributes['code.file.path'], program);
    assert.match(String(raised.attributes['code.stacktrace']), /^ {4}at forget \(.*logs\.mjs:\d+:\d+\)\n {4}at leak /);
    assert.ok(Number(raised.attributes['synfin.leak.age']) >= 0.3);
    assert.equal(raised.attributes['network.connection.state'], 'close_wait');
    assert.match(String(raised.body), /CLOSE_WAIT/);
    assert.ok(raised.at > before && raised.at < BigInt(Date.now()) * 1_000_000n);
    assert.ok(raised.at >= handshake.end);
  });

  it('findings: off silences stderr alone, OTEL_SDK_DISABLED the records', async () => {
    const off = await received([program, 'raised and cleared'], { OTEL_SDK_DISABLED: 'true', SYNFIN_FINDINGS: 'text' });
    assert.deepEqual(off.logs, []);
    assert.match(off.stderr, /CLOSE_WAIT/);
  });

  it('an SDK that comes after the finding is told of it once', async () => {
    const { logs } = await received(['--import', register, program, 'an SDK after the finding']);
    const raised = logs.filter(({ eventName }) => eventName === detected);
    const lines = raised.map(({ attributes }) => attributes['code.function.name']);
    assert.deepEqual(lines.sort(), ['elsewhere', 'forget']);
  });

  it('in the language of the user', async () => {
    const { logs } = await received([program, 'raised and cleared'], { SYNFIN_LANG: 'zh' });
    const [raised] = logs;
    assert.match(String(raised?.body), /\p{Script=Han}/u);
    assert.match(String(raised?.attributes['synfin.finding.advice']), /\p{Script=Han}/u);
  });

  it('an exporter whose own connections leak makes no finding, and no records of records', async () => {
    const { stdout } = await received([program, 'an exporter that leaks']);
    const [told] = jsonLines<Told>(stdout);
    assert.ok(told);
    assert.deepEqual(
      told.taken.map(({ eventName, attributes }) => [eventName, attributes['code.function.name']]),
      [
        [detected, 'forget'],
        [detected, 'elsewhere'],
      ],
    );
    assert.equal(told.leaked, 2);
    assert.deepEqual(
      told.findings.map(({ count }) => count),
      [1, 1],
    );
  });
});

/** Runs the program to its end, and what came to the collector meanwhile. */
async function received(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const receiver = await OtlpReceiver.listening();
  try {
    const all = { ...receiver.environment, OTEL_LOGS_EXPORTER: 'otlp', ...env, ...more };
    const { code, stdout, stderr } = await run(args, { env: all, limitMs: 60_000 });
    assert.equal(code, 0, stderr);
    if (all.SYNFIN_FINDINGS === 'off') assert.equal(stderr, '');
    const { spans, logs } = receiver;
    return { spans, logs, stdout, stderr };
  } finally {
    receiver.close();
  }
}

function said({ eventName, severityNumber, severityText, attributes }: ReceivedLog) {
  return [eventName, severityNumber, severityText, attributes['synfin.finding.status']];
}
