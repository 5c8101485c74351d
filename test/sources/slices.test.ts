import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Slices } from '../../src/sources/slices.ts';
import { instant } from '../../src/tcp/identity.ts';

describe('Slices', () => {
  it('10,000 steps of 30 µs → no slice longer than a millisecond, and all of it is counted', async () => {
    let time = 0;
    const slices = new Slices(() => instant(time));
    const lengths: number[] = [];
    let startedAt = 0;
    slices.begin();
    for (let step = 0; step < 10_000; step++) {
      time += 30;
      if (!slices.isOver()) continue;
      lengths.push(time - startedAt);
      // A timer of the test's own: those of a rest keep nothing alive.
      const alive = setTimeout(() => {}, 1000);
      await slices.rest();
      clearTimeout(alive);
      startedAt = time;
    }
    slices.end();
    assert.ok(Math.max(...lengths) <= 1000, `${Math.max(...lengths)} µs`);
    assert.equal(slices.spentUs, 300_000);
  });

  it('what passes between two slices is not counted', () => {
    let time = 0;
    const slices = new Slices(() => instant(time));
    slices.begin();
    time = 5;
    slices.end();
    time = 1000;
    slices.end();
    slices.begin();
    time = 1002;
    slices.end();
    assert.equal(slices.spentUs, 7);
  });
});
