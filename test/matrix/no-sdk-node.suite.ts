import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { run } from '../system/run.ts';

/** An application that has synfin and what synfin needs, and no SDK anywhere above it. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'synfin-matrix-')));
for (const name of ['synfin', 'koffi', '@koromix', '@opentelemetry/api']) {
  const to = join(folder, 'node_modules', name);
  mkdirSync(resolve(to, '..'), { recursive: true });
  cpSync(resolve('node_modules', name), to, { recursive: true });
}
cpSync('apps', join(folder, 'apps'), { recursive: true });
process.chdir(folder);

describe('SYNFIN_START_SDK=true, and no @opentelemetry/sdk-node to be found', { concurrency: 2 }, () => {
  after(() => rmSync(folder, { recursive: true }));

  for (const flag of ['--import', '--require'])
    it(`${flag}: one line on stderr, and the application runs on`, async () => {
      const ended = await run([flag, 'synfin/register', 'apps/app.mjs'], { env: { SYNFIN_START_SDK: 'true' } });
      assert.equal(ended.code, 0);
      assert.match(ended.stdout, /^\{"done":/);
      assert.match(ended.stderr, /^synfin.*@opentelemetry\/sdk-node.*\n$/);
    });
});
