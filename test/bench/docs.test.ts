import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { benchmarks } from '../../bench/all.ts';

const docs = readFileSync(resolve('docs/performance.md'), 'utf8');

describe('docs/performance.md', () => {
  it('names each benchmark, with its unit', () => {
    for (const { name, unit } of benchmarks) {
      const row = docs.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      assert.ok(row, `${name} has no row`);
      assert.ok(row.includes(`| ${unit} |`), `${row} does not say that it is in ${unit}`);
    }
  });

  it('has a place for the results', () => {
    assert.match(docs, /<!-- results -->\n[\s\S]*<!-- end of results -->/);
  });
});

describe('the table of benchmarks', () => {
  it('each name is there once, and each row against something is against a row', () => {
    assert.equal(new Set(benchmarks.map(({ name }) => name)).size, benchmarks.length);
    for (const { name, rows } of benchmarks) {
      const variants = rows.map(({ variant }) => variant);
      assert.equal(new Set(variants).size, variants.length, name);
      for (const { against } of rows)
        assert.ok(against === undefined || variants.includes(against), `${name}: ${against}`);
    }
  });
});
