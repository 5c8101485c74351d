import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { OtlpReceiver, type ReceivedLog, type ReceivedPoint } from '../system/otlp-receiver.ts';
import { kernelNeeds, run } from '../system/run.ts';
import { assertWell, cjs, type Environment, esm } from './app.ts';

const auto = '@opentelemetry/auto-instrumentations-node/register';
const synfin = 'synfin/register';
const detected = 'synfin.tcp.connection.leak.detected';

/** All three signals are sent, and what is pending is sent at the end and no sooner. */
const environment = {
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_METRIC_EXPORT_INTERVAL: '600000',
  OTEL_BLRP_SCHEDULE_DELAY: '600000',
  OTEL_LOG_LEVEL: 'error',
  SYNFIN_INTERVAL_MS: '100',
  SYNFIN_CLOSE_WAIT_MS: '300',
  SYNFIN_FINDINGS: 'off',
};

const late = 'leak, an SDK, another leak';
const inCode = (setup: string, app = esm) => [app, setup, 'leak'];
const preloaded = (flag: string, preloads: readonly string[], setup = 'no SDK', app = esm) => [
  ...preloads.flatMap((preload) => [flag, preload]),
  ...[app, setup, 'leak'],
];

const ways: Readonly<Record<string, readonly [args: readonly string[], env?: Environment]>> = {
  'NodeSDK({ instrumentations: [new SynfinInstrumentation()] }), esm': [inCode('synfin')],
  'NodeSDK({ instrumentations: [new SynfinInstrumentation()] }), cjs': [inCode('synfin', cjs)],
  'beside the instrumentations of others': [inCode('auto, synfin')],
  'startNodeSdk with OTEL_CONFIG_FILE': [inCode('startNodeSdk'), { OTEL_CONFIG_FILE: resolve('apps/config.yaml') }],
  'startNodeSdk with OTEL_* variables': [inCode('startNodeSdk')],
  '--import, before the SDK of another preload': [preloaded('--import', [synfin, auto])],
  '--import, after the SDK of another preload': [preloaded('--import', [auto, synfin])],
  '--require, before the SDK of another preload': [preloaded('--require', [synfin, auto], 'no SDK', cjs)],
  '--import, and an SDK of the application': [preloaded('--import', [synfin], 'an SDK')],
  '--import, and SynfinInstrumentation': [preloaded('--import', [synfin], 'synfin')],
  'SYNFIN_START_SDK=true: what is pending is flushed': [preloaded('--import', [synfin]), { SYNFIN_START_SDK: 'true' }],
};

describe('a leak is told in all three signals', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const [way, [args, env]] of Object.entries(ways))
    it(way, async () => {
      const { logs, points, spans } = await received(args, env);
      const handshake = spans.find(({ name, attributes }) => {
        return name === 'tcp.handshake' && attributes['synfin.tcp.role'] === 'client';
      });
      const application = spans.find(({ name }) => name === 'leak');
      assert.ok(handshake && application);
      const [record, ...more] = logs;
      assert.ok(record && more.length === 0, `${logs.length} records`);
      assertTells(record);
      assert.deepEqual(
        [record.traceId, record.spanId, record.attributes['synfin.connection.id']],
        [application.traceId, handshake.spanId, handshake.attributes['synfin.connection.id']],
      );
      assertMeasured(points, 1);
    });

  it('an SDK that comes after the finding: the record of what is open, once', async () => {
    const { logs, points } = await received(['--import', synfin, esm, 'no SDK', late]);
    for (const record of logs) assertTells(record);
    const lines = logs.map(({ attributes }) => attributes['code.function.name']);
    assert.deepEqual(lines.sort(), ['early', 'late']);
    // What happened before an SDK was there is in no histogram.
    assertMeasured(points, 2, 1);
  });

  for (const [name, value] of [
    ['OTEL_SDK_DISABLED', 'true'],
    ['SYNFIN_ENABLED', 'false'],
  ] as const)
    it(`${name}=${value}: nothing of ours`, async () => {
      const env = { [name]: value };
      for (const args of [
        ['--import', synfin, esm, 'an SDK', 'net'],
        [esm, 'synfin', 'net'],
      ]) {
        const { logs, points } = await received(args, env);
        assert.deepEqual([logs, points], [[], []]);
      }
    });
});

/** Runs it to its own end: what of ours has come by then. */
async function received(args: readonly string[], more: Environment = {}) {
  const receiver = await OtlpReceiver.listening();
  try {
    const env = { ...receiver.environment, ...environment, ...more };
    assertWell(await run(args, { env, limitMs: 60_000 }));
    const { logs, points, spans } = receiver;
    const ours = ({ scope }: ReceivedLog | ReceivedPoint) => scope.name === 'synfin';
    return { spans, logs: logs.filter(ours), points: points.filter(ours) };
  } finally {
    receiver.close();
  }
}

function assertTells({ eventName, severityNumber, severityText, attributes, body }: ReceivedLog): void {
  assert.deepEqual([eventName, severityNumber, severityText], [detected, 13, 'WARN']);
  assert.deepEqual(
    [attributes['synfin.finding.kind'], attributes['synfin.finding.cause'], attributes['network.connection.state']],
    ['close_wait_leak', 'half_open_never_ended', 'close_wait'],
  );
  assert.match(String(body), /CLOSE_WAIT/);
}

/** So many leaks, which are still there. */
function assertMeasured(points: readonly ReceivedPoint[], leaks: number, handshakes = leaks): void {
  const value = (metric: string, attributes: Readonly<Record<string, string>>) => {
    const named = points.filter((point) => point.metric === metric);
    const [found, ...more] = named.filter((point) =>
      Object.entries(attributes).every(([name, text]) => point.attributes[name] === text),
    );
    assert.ok(found && more.length === 0, `${metric} ${JSON.stringify(named)}`);
    return found.value;
  };
  const leak = { 'synfin.leak.type': 'close_wait', 'synfin.leak.cause': 'half_open_never_ended' };
  const state = { 'network.connection.state': 'close_wait', 'synfin.tcp.role': 'client' };
  assert.deepEqual(
    [
      value('synfin.tcp.connection.count', state),
      value('synfin.tcp.connection.leak.count', leak),
      value('synfin.tcp.connection.leaks', leak),
      value('synfin.finding.count', { 'synfin.finding.kind': 'close_wait_leak' }),
      // Of a histogram, how many.
      value('synfin.tcp.handshake.duration', { 'synfin.tcp.role': 'client' }),
    ],
    [leaks, leaks, leaks, leaks, handshakes],
  );
}
