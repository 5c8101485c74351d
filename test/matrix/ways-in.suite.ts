import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../system/run.ts';
import { all, allPaths, assertWell, cjs, type Environment, esm, told } from './app.ts';
import { assertToldOnce, countsOf, ours, pathsOf } from './paths.ts';

const auto = '@opentelemetry/auto-instrumentations-node/register';
const synfin = 'synfin/register';

describe('an SDK in code', { concurrency: 2 }, () => {
  for (const [kind, app] of Object.entries({ esm, cjs })) {
    it(`NodeSDK({ instrumentations: [new SynfinInstrumentation()] }), ${kind}`, async () => {
      const spans = await told([app, 'synfin']);
      assert.deepEqual(pathsOf(spans, ours), allPaths);
      assertToldOnce(spans);
    });

    for (const setup of ['auto, synfin', 'synfin, auto'])
      it(`NodeSDK({ instrumentations: [${setup}] }), ${kind}`, () => beside([app, setup]));
  }

  it('startNodeSdk with OTEL_CONFIG_FILE', async () => {
    const spans = await told([esm, 'startNodeSdk'], { OTEL_CONFIG_FILE: resolve('apps/config.yaml') });
    assert.deepEqual(pathsOf(spans, ours), allPaths);
    assertToldOnce(spans);
  });

  it('startNodeSdk with OTEL_* variables', async () => {
    // Its default is no exporter in 2.x; and 3.x says on stdout what it leaves out.
    const env = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_LOG_LEVEL: 'error' };
    const spans = await told([esm, 'startNodeSdk'], env);
    assert.deepEqual(pathsOf(spans, ours), allPaths);
    assertToldOnce(spans);
  });
});

describe('zero code', { concurrency: 2 }, () => {
  for (const flag of ['--import', '--require'])
    for (const [first, second] of [
      [synfin, auto],
      [auto, synfin],
    ] as const) {
      const flags = [flag, first, flag, second];
      const name = `${flag} ${first}, then ${second}`;
      for (const [kind, app] of Object.entries({ esm, cjs })) it(`${name}, ${kind}`, () => beside([...flags, app]));
      it(`NODE_OPTIONS with ${name}`, () =>
        beside([flag === '--import' ? cjs : esm], { NODE_OPTIONS: flags.join(' ') }));
    }

  it('an SDK of the application, registered before its first socket', async () => {
    const spans = await told(['--import', synfin, esm, 'an SDK']);
    assert.deepEqual(pathsOf(spans, ours), allPaths);
    assertToldOnce(spans);
  });

  it('both, register and SynfinInstrumentation: each connection once', async () => {
    const spans = await told(['--import', synfin, esm, 'synfin']);
    assert.deepEqual(pathsOf(spans, ours), allPaths);
    assertToldOnce(spans);
  });

  it('an SDK that comes after the first socket: all that ends from then on, and the handshake of what was open', async () => {
    const open = { 'client tcp.handshake': 1, 'server tcp.handshake': 6 };
    const late = { ...open, 'client tcp.teardown': 6, 'server tcp.teardown': 6 };
    for (const app of [esm, cjs]) {
      const spans = await told(['--import', synfin, app, 'an SDK after the first socket']);
      assert.deepEqual(pathsOf(spans, ours), { ...allPaths, ...late });
    }
  });
});

describe('nobody to tell', { concurrency: 2 }, () => {
  const preload = ['--import', synfin];

  it('no SDK: the application runs as without us', async () => {
    assertWell(await run([...preload, esm]));
    assertWell(await run(['--require', synfin, cjs]));
  });

  for (const [name, value] of [
    ['OTEL_SDK_DISABLED', 'true'],
    ['SYNFIN_ENABLED', 'false'],
  ] as const)
    it(`${name}=${value}: no span of ours`, async () => {
      const env = { [name]: value };
      assert.deepEqual(countsOf(await told([...preload, esm, 'an SDK'], env)), {});
      assert.deepEqual(countsOf(await told([cjs, 'synfin'], env)), {});
      assert.deepEqual(countsOf(await told([...preload, '--import', auto, cjs], env)), {});
    });
});

describe('what npm installs', () => {
  it('one @opentelemetry/api, the one of the application', () => {
    const application = createRequire(resolve('package.json'));
    const library = createRequire(application.resolve('synfin'));
    assert.equal(library.resolve('@opentelemetry/api'), application.resolve('@opentelemetry/api'));
  });
});

/** Next to instrumentations that make spans of the same connections: ours are all there, and in the application's traces. */
async function beside(args: readonly string[], env: Environment = {}): Promise<void> {
  const spans = await told(args, env);
  assert.deepEqual(countsOf(spans), all);
  assertToldOnce(spans);
  const handshakes = Object.keys(pathsOf(spans, ours)).filter((path) => path.endsWith('client tcp.handshake'));
  const begins = handshakes.map((path) => path.slice(0, path.indexOf(' > ')));
  assert.deepEqual(begins.toSorted(), ['fetch', 'http', 'http, kept alive', 'https', 'net', 'refused']);
}
