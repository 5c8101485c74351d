import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Benchmark } from '../../bench/benchmark.ts';
import { failedResult, resultOf } from '../../bench/result.ts';
import { markdownTable, textTable, widest } from '../../bench/table.ts';

const benchmark: Benchmark = {
  name: 'connection_client',
  what: 'CPU per raw TCP connection',
  unit: 'us',
  compared: 'ratio',
  rows: [
    { variant: 'bare' },
    { variant: 'bare again', against: 'bare' },
    { variant: 'hook', against: 'bare', atMost: 1.1 },
    { variant: 'spans', against: 'bare', atMost: 'noise' },
    { variant: 'peer', against: 'bare' },
  ],
  how: 'By a clock.',
  run: async () => ({ samples: {}, skipped: {} }),
};

const measured = {
  samples: { bare: [100, 100, 100], 'bare again': [90, 100, 110], hook: [105, 120, 105], spans: [110, 111, 90] },
  skipped: { peer: 'the package peer' },
};

describe('the result of a benchmark', () => {
  const result = resultOf(benchmark, measured, true, 3);
  const line = (variant: string) => result.lines.find((one) => one.variant === variant);

  it('a median at or below the target meets it', () => {
    assert.equal(line('hook')?.compared?.median, 1.05);
    assert.equal(line('hook')?.met, true);
    const slower = { ...measured, samples: { ...measured.samples, hook: [105, 120, 120] } };
    assert.equal(resultOf(benchmark, slower, true, 3).lines.find(({ variant }) => variant === 'hook')?.met, false);
  });

  it('the noise is where three quarters of bare against bare lie', () => {
    assert.equal(line('spans')?.atMost, 1.05);
    assert.equal(line('spans')?.met, false);
  });

  it('what has no target is neither met nor missed', () => {
    assert.equal(line('bare')?.met, undefined);
    assert.equal(line('bare again')?.met, undefined);
  });

  it('nothing is judged where numbers are not to be believed', () => {
    assert.ok(resultOf(benchmark, measured, false, 3).lines.every(({ met }) => met === undefined));
  });

  it('what was not measured is named, with what it needs', () => {
    assert.deepEqual(result.skipped, [{ variant: 'peer', requirement: 'the package peer' }]);
  });

  it('without the base there is no ratio, and the base tells why', () => {
    const { skipped, lines } = resultOf(benchmark, { samples: { hook: [1] }, skipped: { bare: 'root' } }, true, 1);
    assert.deepEqual(lines, []);
    assert.ok(skipped.some(({ variant, requirement }) => variant === 'hook' && requirement === 'root'));
  });

  it('a benchmark that broke has all its rows skipped', () => {
    const { lines, skipped } = failedResult(benchmark, new Error('no memory'), 1);
    assert.deepEqual(lines, []);
    assert.equal(skipped.length, benchmark.rows.length);
    assert.ok(skipped.every(({ requirement }) => requirement.includes('no memory')));
  });

  it(`its table is no wider than ${widest} columns, whatever a row needs`, () => {
    const long = { ...measured, skipped: { peer: 'x'.repeat(300) } };
    const text = textTable(resultOf(benchmark, long, true, 3));
    for (const one of text.split('\n')) assert.ok(one.length <= widest, one);
    assert.match(text, /hook +105 +x1\.050 +x1\.050 \.\. x1\.125 +x1\.100 +met/);
    assert.match(text, /peer: skipped, needs/);
  });

  it('its table for the docs has a row for each variant', () => {
    const markdown = markdownTable(result);
    for (const { variant } of benchmark.rows) assert.match(markdown, new RegExp(`^\\| ${variant} \\|`, 'm'));
  });
});
