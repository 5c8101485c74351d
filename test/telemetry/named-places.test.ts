import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NamedPlaces, type Weighed } from '../../src/telemetry/named-places.ts';

const limit = 28_232;

const place = (key: string, weight: number): Weighed => ({ key, weight });
const many = (count: number, weight: number, prefix = 'a') =>
  Array.from({ length: count }, (_, n) => place(`${prefix}${n}`, weight));

describe('the places that are told apart', () => {
  it('twenty, those with most', () => {
    const places = Array.from({ length: 30 }, (_, n) => place(`${n}`, n + 1));
    const chosen = new NamedPlaces().choose(places, limit);
    const most = places.toReversed().slice(0, 20);
    assert.deepEqual(
      [...chosen],
      most.map(({ key }) => key),
    );
  });

  it('do not depend on the order in which they were counted', () => {
    const places = fc.uniqueArray(fc.record({ key: fc.string(), weight: fc.nat(300) }), {
      selector: ({ key }) => key,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.array(places, { maxLength: 6 }), (looks) => {
        const [one, other] = [new NamedPlaces(), new NamedPlaces()];
        for (const look of looks) assert.deepEqual(one.choose(look, limit), other.choose(look.toReversed(), limit));
      }),
    );
  });

  it('a place keeps its name while another one has not half as much again', () => {
    const names = new NamedPlaces();
    names.choose(many(20, 100), limit);
    const besides = (weight: number) => names.choose([...many(20, 100), place('new', weight)], limit).has('new');
    assert.deepEqual([besides(149), besides(150)], [false, true]);
  });

  it('nor for a few more: where there are two, ten are needed', () => {
    const names = new NamedPlaces();
    names.choose(many(20, 2), limit);
    const besides = (weight: number) => names.choose([...many(20, 2), place('new', weight)], limit).has('new');
    assert.deepEqual([besides(9), besides(10)], [false, true]);
  });

  it('two that are about as full do not take turns', () => {
    const names = new NamedPlaces();
    const look = (one: number, other: number) =>
      names.choose([...many(19, 500), place('one', one), place('other', other)], limit);
    const first = look(100, 110).has('one');
    for (let n = 0; n < 10; n++)
      assert.deepEqual([look(110, 100).has('one'), look(100, 110).has('one')], [first, first]);
  });

  it('one that is gone leaves its place to the next', () => {
    const names = new NamedPlaces();
    const first = names.choose([...many(20, 100), place('next', 5)], limit);
    assert.equal(first.has('next'), false);
    assert.equal(names.choose([...many(19, 100), place('next', 5)], limit).has('next'), true);
  });
});

describe('names', () => {
  /** Every key that was ever told apart. */
  function named(looks: readonly (readonly Weighed[])[]): Set<string> {
    const names = new NamedPlaces();
    const all = new Set<string>();
    for (const look of looks) for (const key of names.choose(look, limit)) all.add(key);
    return all;
  }

  it('forty are given for the asking', () => {
    const looks = Array.from({ length: 50 }, (_, n) => many(20, 3, `${n}-`));
    assert.equal(named(looks).size, 40);
  });

  it('then to those that take a hundredth of what there may be, on both sides of it', () => {
    const names = new NamedPlaces();
    names.choose(many(20, 3, 'a'), 1000);
    names.choose(many(20, 3, 'b'), 1000);
    assert.equal(names.choose([place('few', 9)], 1000).has('few'), false);
    assert.equal(names.choose([place('enough', 10)], 1000).has('enough'), true);
  });

  it('a hundred in all, however many thousands come and go', () => {
    const looks = Array.from({ length: 300 }, (_, n) => many(200, 1000, `${n}-`));
    assert.equal(named(looks).size, 100);
  });

  it('whoever has one keeps it: it is told apart again when it comes back', () => {
    const names = new NamedPlaces();
    names.choose([place('old', 5)], limit);
    for (let n = 0; n < 300; n++) names.choose(many(20, 1000, `${n}-`), limit);
    assert.deepEqual([...names.choose([place('old', 5), place('strange', 5000)], limit)], ['old']);
  });
});
