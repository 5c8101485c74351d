import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OtlpReceiver, otlpEnvironment, type ReceivedSpan } from './otlp-receiver.ts';
import { fixture, jsonLines, kernelNeeds, register, run } from './run.ts';

/** What the nine cases of fixtures/apps/cases.mjs come to: the refused and the abandoned one have no client's teardown. */
const all = {
  'client tcp.handshake': 9,
  'server tcp.handshake': 8,
  'client tcp.teardown': 7,
  'server tcp.teardown': 8,
};

const preload = ['--import', register];

interface Told {
  readonly done: readonly string[];
  readonly taken: readonly (readonly [name: string, peerPort: number, localPort: number])[];
}

describe('whose SDK the spans go to', { skip: kernelNeeds, concurrency: 2 }, () => {
  it('--import synfin/register: to the SDK that the application registers before its first socket', async () => {
    assert.deepEqual(await received([...preload, fixture('otel.mjs'), 'own SDK']), all);
  });

  it('--require synfin/register: likewise', async () => {
    assert.deepEqual(await received(['--require', register, fixture('otel.mjs'), 'own SDK']), all);
  });

  it('both, register and SynfinInstrumentation: each connection once', async () => {
    assert.deepEqual(await received([...preload, fixture('otel.mjs'), 'instrumentation']), all);
  });

  it('an SDK that comes after the first socket: all that ends from then on, and the handshakes of connections that were open by then', async () => {
    const counts = await received([...preload, fixture('otel.mjs'), 'SDK after the first socket']);
    const late = {
      'client tcp.handshake': 10,
      'client tcp.teardown': 8,
      'server tcp.handshake': 9,
      'server tcp.teardown': 9,
    };
    assert.deepEqual(counts, { ...all, ...late });
  });

  it('OTEL_SDK_DISABLED=true: to nobody', async () => {
    const env = { OTEL_SDK_DISABLED: 'true' };
    assert.deepEqual(await received([...preload, fixture('otel.mjs'), 'own SDK'], env), {});
    assert.deepEqual(await received([fixture('otel.mjs'), 'instrumentation'], env), {});
  });

  it('SYNFIN_ENABLED=false: to nobody', async () => {
    const env = { SYNFIN_ENABLED: 'false' };
    assert.deepEqual(await received([...preload, fixture('otel.mjs'), 'own SDK'], env), {});
    assert.deepEqual(await received([fixture('otel.mjs'), 'instrumentation'], env), {});
  });

  it('no SDK at all: the application runs as without us', async () => {
    const ended = await run([...preload, fixture('otel.mjs'), 'no SDK']);
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    assert.equal(jsonLines<Told>(ended.stdout)[0]?.done.length, 9);
  });

  it("no collector: the exporter's failed connections make no span", async () => {
    const nobody = 1;
    const env = { ...otlpEnvironment(nobody), OTEL_EXPORTER_OTLP_TIMEOUT: '500' };
    const ended = await run([...preload, fixture('otel.mjs'), 'collector down'], { env });
    assert.equal(ended.code, 0);
    const [told] = jsonLines<Told>(ended.stdout);
    const ours = told?.taken.filter(([name]) => name.startsWith('tcp.')) ?? [];
    assert.equal(
      ours.length,
      Object.values(all).reduce((sum, count) => sum + count),
    );
    for (const [name, peer] of ours) assert.notEqual(peer, nobody, name);
  });
});

/** Runs the program to its end and counts what of ours came to the collector that it was told of. */
async function received(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const receiver = await OtlpReceiver.listening();
  try {
    const ended = await run(args, { env: { ...receiver.environment, ...env } });
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    assert.equal(jsonLines<Told>(ended.stdout)[0]?.done.length, 9);
    return count(receiver.spans);
  } finally {
    receiver.close();
  }
}

function count(spans: readonly ReceivedSpan[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, attributes } of spans) {
    if (!name.startsWith('tcp.')) continue;
    const key = `${attributes['synfin.tcp.role']} ${name}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
