import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { otlpEnvironment, type ReceivedSpan } from '../system/otlp-receiver.ts';
import { run } from '../system/run.ts';
import { all, allPaths, assertWell, cjs, type Environment, esm, told, tried } from './app.ts';
import { silentCollector } from './collectors.ts';
import { assertToldOnce, countsOf, ours, pathsOf, theirs } from './paths.ts';

const auto = '@opentelemetry/auto-instrumentations-node/register';
const synfin = ['--import', 'synfin/register'];
const asked = { SYNFIN_START_SDK: 'true' };

/** The exporter alone would wait for ten seconds; the flush may take one. The rest is for a slow machine. */
const soonMs = 8_000;

describe('SYNFIN_START_SDK=true, and no SDK in the application', { concurrency: 2 }, () => {
  for (const [name, args, env] of [
    ['--import, esm', [...synfin, esm], {}],
    ['--import, cjs', [...synfin, cjs], {}],
    ['--require, esm', ['--require', 'synfin/register', esm], {}],
    ['--require, cjs', ['--require', 'synfin/register', cjs], {}],
    ['NODE_OPTIONS', [esm], { NODE_OPTIONS: synfin.join(' ') }],
  ] as const)
    it(`${name}: one is started, and what is pending is sent at the end`, async () => {
      const spans = await told(args, { ...asked, ...env });
      assert.deepEqual(pathsOf(spans, ours), allPaths);
      assertToldOnce(spans);
    });

  it('the exit code stays', async () => {
    const { ended, spans } = await tried([...synfin, esm, 'no SDK', 'all', 'with an exit code'], asked);
    assert.deepEqual([ended.code, ended.stderr], [3, '']);
    assert.deepEqual(countsOf(spans), all);
  });

  it('OTEL_SDK_DISABLED=true, SYNFIN_ENABLED=false: none is started', async () => {
    for (const off of [{ OTEL_SDK_DISABLED: 'true' }, { SYNFIN_ENABLED: 'false' }])
      assert.deepEqual(await told([...synfin, esm], { ...asked, ...off }), []);
  });
});

describe('SYNFIN_START_SDK=true, and a collector that does not take it', { concurrency: 2 }, () => {
  const nobody = 1;

  it('down: the application ends all the same', async () => {
    assertWell(await soon([...synfin, esm], otlpEnvironment(nobody)));
  });

  it('silent: the application ends all the same', async () => {
    const silent = await silentCollector();
    try {
      assertWell(await soon([...synfin, esm], otlpEnvironment(silent.port)));
      assert.ok(silent.connections() > 0);
    } finally {
      silent.close();
    }
  });

  for (const ending of ['with an exit code', 'by process.exit()'])
    it(`silent: an end ${ending} is neither delayed nor changed`, async () => {
      const silent = await silentCollector();
      try {
        const { code, stderr } = await soon([...synfin, esm, 'no SDK', 'all', ending], otlpEnvironment(silent.port));
        assert.deepEqual([code, stderr], [3, '']);
      } finally {
        silent.close();
      }
    });
});

describe('SYNFIN_START_SDK=true, and an SDK that is there', { concurrency: 2 }, () => {
  it('in an earlier preload: it is the only one', async () => {
    await once(['--import', auto, ...synfin, cjs]);
  });

  it('in a later preload: everything is told once', async () => {
    await once([...synfin, '--import', auto, cjs]);
  });

  it('in the application, with SynfinInstrumentation and no preload: it is the only one', async () => {
    assert.deepEqual(pathsOf(await once([esm, 'synfin']), ours), allPaths);
  });

  it('in the application, after the preload: everything is told once', async () => {
    await once([...synfin, esm, 'an SDK']);
  });

  /** Ours are told once, and theirs come as if nothing had been asked. */
  async function once(args: readonly string[]): Promise<readonly ReceivedSpan[]> {
    const [spans, unasked] = [await told(args, asked), await told(args)];
    assert.deepEqual(countsOf(spans), all);
    assertToldOnce(spans);
    assert.deepEqual(pathsOf(spans, theirs), pathsOf(unasked, theirs));
    return spans;
  }
});

/** Runs it to its end, which is not to wait for the collector. */
async function soon(args: readonly string[], env: Environment) {
  const begun = performance.now();
  const ended = await run(args, { env: { ...env, ...asked } });
  const took = performance.now() - begun;
  assert.ok(took < soonMs, `it took ${Math.round(took)} ms`);
  return ended;
}
