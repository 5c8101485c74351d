import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../system/run.ts';

/** The program runs in the repository, so that `synfin` is the package as it was built. */
const told = (code: string, env: Readonly<Record<string, string>> = {}, type = 'module') =>
  run([`--input-type=${type}`, '--eval', code], { env });

const count = `const { register } = client; const print = () => console.log(register.getMetricsAsArray().length);`;
const imported = `import client from 'prom-client'; import { collectMetrics } from 'synfin/prometheus'; ${count}`;
const all = /^[1-9]\d*\n$/;

describe('synfin/prometheus', () => {
  it('by import, by require, and both: one and the same; and it keeps no process alive', async () => {
    const { code, stdout, stderr } = await told(`${imported} collectMetrics(); print();`);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, all);
    const required = `const client = require('prom-client'); ${count}
      const { collectMetrics } = require('synfin/prometheus');
      import('synfin/prometheus').then((other) => { other.collectMetrics(); collectMetrics(); print(); });`;
    const cjs = await told(required, { NODE_NO_WARNINGS: '1' }, 'commonjs');
    assert.deepEqual([cjs.code, cjs.stderr, cjs.stdout], [0, '', stdout]);
  });

  it('a scrape in a program that has no sockets → it ends by itself', async () => {
    const { code, stdout } = await told(`${imported} collectMetrics(); console.log(await register.metrics());`);
    assert.equal(code, 0);
    assert.match(stdout, /# TYPE synfin_tcp_connection_count gauge/);
  });

  it('SYNFIN_ENABLED=false → nothing, and nothing is said', async () => {
    const ended = await told(`${imported} collectMetrics(); print();`, { SYNFIN_ENABLED: 'false' });
    assert.deepEqual([ended.code, ended.stdout, ended.stderr], [0, '0\n', '']);
  });

  it('OTEL_SDK_DISABLED=true → no metrics, and one line says so', async () => {
    const ended = await told(`${imported} collectMetrics(); print();`, { OTEL_SDK_DISABLED: 'true' });
    assert.deepEqual([ended.code, ended.stdout], [0, '0\n']);
    assert.equal(ended.stderr, 'synfin: OTEL_SDK_DISABLED is set: there are no metrics for collectMetrics()\n');
  });

  it('without prom-client → the error names the package that is wanted; synfin itself does without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synfin-without-prom-client-'));
    try {
      const installed = join(folder, 'node_modules/synfin');
      for (const part of ['package.json', 'dist']) cpSync(part, join(installed, part), { recursive: true });
      const require = createRequire(join(folder, 'app.js'));
      const failing = `import('${require.resolve('synfin/prometheus')}').catch((e) => console.log(e.code, e.message));`;
      const program = `import '${require.resolve('synfin')}'; ${failing}`;
      const { code, stdout, stderr } = await told(program);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /^ERR_MODULE_NOT_FOUND Cannot find package 'prom-client' imported from \S*synfin/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('its types fit what an application writes, as a module and in CommonJS', async () => {
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    const { code, stdout, stderr } = await run([compiler, '-p', resolve('test/fixtures/types')], { limitMs: 120_000 });
    assert.deepEqual([stdout, stderr, code], ['', '', 0]);
  });
});
