import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { benchmarks } from '../../bench/all.ts';
import type { Result } from '../../bench/result.ts';

/** For a machine that has other things to do as well; no test asks how fast anything was. */
const longestMs = 240_000;

describe('npm run bench -- --quick', () => {
  it('gives each row a number, or says what it needs', { timeout: longestMs }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synfin-bench-test-'));
    try {
      const json = join(folder, 'bench.json');
      const args = [resolve('build/bench/bench.js'), '--quick', '--offline', '--seed=1', `--json=${json}`];
      await promisify(execFile)(process.execPath, args, { timeout: longestMs });
      const { seed, quick, results } = JSON.parse(readFileSync(json, 'utf8'));
      assert.equal(seed, 1);
      assert.equal(quick, true);
      assert.equal(results.length, benchmarks.length);
      benchmarks.forEach((benchmark, place) => void check(benchmark.rows, results[place]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function check(rows: readonly { readonly variant: string }[], { name, lines, skipped }: Result): void {
  const told = [...lines, ...skipped].map(({ variant }) => variant);
  const wanted = rows.map(({ variant }) => variant);
  assert.deepEqual(told.toSorted(), wanted.toSorted(), name);
  for (const { variant, alone, met } of lines) {
    assert.ok(Number.isFinite(alone.median), `${name}, ${variant}: ${alone.median}`);
    assert.equal(met, undefined, 'timing never decides a test');
  }
  for (const { variant, requirement } of skipped) {
    assert.ok(requirement.length > 3, `${name}, ${variant}`);
    assert.doesNotMatch(requirement, /does not break|it to run here/, `${name}, ${variant}: ${requirement}`);
  }
}
