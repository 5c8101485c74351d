import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { interleaved, joined, paired, quantile, randomFrom, shuffled, summaryOf } from '../../bench/rounds.ts';

describe('chance', () => {
  it('is the same for the same seed, and in [0, 1)', () => {
    const [one, same, other] = [randomFrom(7), randomFrom(7), randomFrom(8)];
    const numbers = Array.from({ length: 1000 }, one);
    assert.deepEqual(
      numbers,
      Array.from({ length: 1000 }, () => same()),
    );
    assert.notDeepEqual(
      numbers,
      Array.from({ length: 1000 }, () => other()),
    );
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
  });

  it('each order of three comes about as often as any other', () => {
    const random = randomFrom(1);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffled(['a', 'b', 'c'], random).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    assert.equal(seen.size, 6);
    for (const [order, times] of seen) assert.ok(times > 850 && times < 1150, `${order} came ${times} times`);
  });

  it('an order leaves what it was made of alone', () => {
    const items = Object.freeze([1, 2, 3]);
    assert.deepEqual(shuffled(items, randomFrom(3)).toSorted(), [1, 2, 3]);
  });
});

describe('the middle and the quarters', () => {
  it('of an even number of values lie between two of them', () => {
    assert.deepEqual(summaryOf([4, 1, 3, 2]), { median: 2.5, q1: 1.75, q3: 3.25, count: 4 });
  });

  it('one value is all of them', () => {
    assert.deepEqual(summaryOf([5]), { median: 5, q1: 5, q3: 5, count: 1 });
  });

  it('of nothing is not a number', () => {
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });

  it('one wild value moves the median of many by little', () => {
    assert.equal(summaryOf([1, 1, 1, 1, 900]).median, 1);
  });
});

describe('one variant against another', () => {
  it('is compared round by round, so that a slow round is slow for both', () => {
    const bare = [100, 200, 400];
    assert.deepEqual(paired([110, 220, 440], bare, 'ratio'), [1.1, 1.1, 1.1]);
    assert.deepEqual(paired([110, 190, 400], bare, 'difference'), [10, -10, 0]);
  });

  it('needs the same rounds', () => {
    assert.throws(() => paired([1], [1, 2], 'ratio'), RangeError);
  });
});

describe('rounds', () => {
  it('measure every variant once each, in changing order; those to warm up leave nothing', async () => {
    const measured: string[] = [];
    const rounds = { count: 20, warmUps: 2, random: randomFrom(5) };
    const samples = await interleaved(['a', 'b', 'c'], rounds, async (variant) => measured.push(variant));
    assert.equal(measured.length, 22 * 3);
    const orders = Array.from({ length: 22 }, (_, round) => measured.slice(round * 3, round * 3 + 3).join(''));
    for (const order of orders) assert.equal([...order].toSorted().join(''), 'abc');
    assert.ok(new Set(orders).size > 3, `orders were ${[...new Set(orders)]}`);
    for (const variant of ['a', 'b', 'c']) {
      assert.equal(samples[variant]?.length, 20);
      assert.ok(samples[variant]?.every((value) => value > 6));
    }
  });

  it('a variant that fails fails the run', async () => {
    const fail = async () => Promise.reject(new Error('broke'));
    await assert.rejects(interleaved(['a'], { count: 1, warmUps: 0, random: Math.random }, fail), /broke/);
  });

  it('of two lives are one after the other', () => {
    assert.deepEqual(joined({ a: [1], b: [2] }, { a: [3], c: [4] }), { a: [1, 3], b: [2], c: [4] });
  });
});
