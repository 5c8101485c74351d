import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { jsonLines, run } from '../system/run.ts';
import { all } from './app.ts';
import { type Collector, grpcCollector, httpCollector } from './collectors.ts';
import { counted } from './paths.ts';

const collectors = {
  'http/json': () => httpCollector('application/json'),
  'http/protobuf': () => httpCollector('application/x-protobuf'),
  grpc: grpcCollector,
};

const nobody = 1;

interface Told {
  readonly taken: readonly (readonly [name: string, role: string | undefined, peerPort: number | undefined])[];
}

describe("an exporter's own sockets make no span", { concurrency: 2 }, () => {
  for (const [protocol, collector] of Object.entries(collectors)) {
    it(`${protocol}, to a collector`, async () => {
      const up = await collector();
      try {
        assertOfTheApplication(await exported(protocol, up.port), up.port);
        assert.ok(up.connections() > 0);
      } finally {
        up.close();
      }
    });

    it(`${protocol}, to nobody`, async () => assertOfTheApplication(await exported(protocol, nobody), nobody));
  }
});

/** What an application's SDK was given to send to a collector at this port. */
async function exported(protocol: string, port: Collector['port']): Promise<Told['taken']> {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  };
  const ended = await run([resolve('apps/exporters.mjs'), protocol], { env });
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  const [told] = jsonLines<Told>(ended.stdout);
  return told?.taken ?? [];
}

/** The application's connections, twice, and none to the collector. */
function assertOfTheApplication(taken: Told['taken'], collector: number): void {
  const twice = Object.entries(all).map(([name, count]) => [name, 2 * count]);
  assert.deepEqual(counted(taken.map(([name, role]) => `${role} ${name}`)), Object.fromEntries(twice));
  for (const [name, , peer] of taken) assert.notEqual(peer, collector, name);
}
