import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../system/run.ts';

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

describe('the type declarations', () => {
  it("fit this line's, as an application in strict TypeScript uses them", async () => {
    const { code, stdout, stderr } = await run([compiler, '-p', resolve('types')], { limitMs: 60_000 });
    assert.deepEqual([stdout, stderr, code], ['', '', 0]);
  });
});
