import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Accused, Remedy } from '../../src/remedy/remedy.ts';
import type { Standing } from '../../src/remedy/standing.ts';
import { instant } from '../../src/tcp/identity.ts';

const seconds = (time: number) => instant(time * 1e6);
const patience = 30e6;
const still: Standing = { unread: 1, bytesRead: 10 };

function accused(connectionId: string, fields: Partial<Accused> = {}): Accused {
  return { connectionId, findingId: 'close_wait_leak-1', kind: 'close_wait_leak', cause: 'paused', age: 31, ...fields };
}

/** A remedy that has noted these, as they stood at 0 s. */
function noted(some: readonly Accused[], perMinute?: number): Remedy<Accused> {
  const remedy = new Remedy<Accused>(perMinute);
  for (const one of remedy.look(some, seconds(0)).fresh) remedy.note(one, still, seconds(0));
  return remedy;
}

const ids = (some: readonly Accused[]) => some.map(({ connectionId }) => connectionId);

describe('which leaked connection may be destroyed', () => {
  it('found for the first time → noted, not due: its finding is yet to be told', () => {
    const { fresh, due } = new Remedy<Accused>().look([accused('a')], seconds(0));
    assert.deepEqual([ids(fresh), ids(due)], [['a'], []]);
  });

  it('found again at the next look, standing as it did → destroyed', () => {
    const remedy = noted([accused('a')]);
    const { fresh, due } = remedy.look([accused('a')], seconds(5));
    assert.deepEqual([ids(fresh), ids(due)], [[], ['a']]);
    assert.equal(remedy.judge(accused('a'), still, seconds(5), patience), 'destroy');
  });

  it('one that joined its finding later → one look later than the others', () => {
    const remedy = noted([accused('a')]);
    const { fresh, due } = remedy.look([accused('a'), accused('b')], seconds(5));
    assert.deepEqual([ids(fresh), ids(due)], [['b'], ['a']]);
  });

  it('the oldest comes first', () => {
    const some = [accused('young', { age: 31 }), accused('old', { age: 300 }), accused('middle', { age: 60 })];
    assert.deepEqual(ids(noted(some).look(some, seconds(5)).due), ['old', 'middle', 'young']);
  });

  for (const [what, now] of [
    ['a byte was read', { ...still, bytesRead: 11 }],
    ['a byte arrived', { ...still, unread: 2 }],
    ['the kernel tells more than before', { ...still, received: 5 }],
    ['the kernel tells less than before', { unread: 1 }],
  ] as const)
    it(`${what} → spared, and must stand still for its whole time anew`, () => {
      const remedy = noted([accused('a')]);
      remedy.look([accused('a')], seconds(5));
      assert.equal(remedy.judge(accused('a'), now, seconds(5), patience), 'moved');
      assert.deepEqual(ids(remedy.look([accused('a')], seconds(34.9)).due), []);
      assert.deepEqual(ids(remedy.look([accused('a')], seconds(35)).due), ['a']);
      assert.equal(remedy.judge(accused('a'), now, seconds(35), patience), 'destroy');
    });

  it('not in the finding at one look → noted anew when it is again', () => {
    const remedy = noted([accused('a')]);
    remedy.look([], seconds(5));
    assert.deepEqual(ids(remedy.look([accused('a')], seconds(10)).fresh), ['a']);
  });

  it('found with another cause, or in another finding → noted anew: that was not told of it', () => {
    for (const other of [{ cause: 'no_consumer' }, { findingId: 'close_wait_leak-2' }]) {
      const { fresh, due } = noted([accused('a')]).look([accused('a', other)], seconds(5));
      assert.deepEqual([ids(fresh), ids(due)], [['a'], []]);
    }
  });

  it('left alone → not tried again while it is in the finding', () => {
    const remedy = noted([accused('a')]);
    remedy.look([accused('a')], seconds(5));
    remedy.leave(accused('a'));
    const { fresh, due } = remedy.look([accused('a')], seconds(10));
    assert.deepEqual([ids(fresh), ids(due)], [[], []]);
  });

  it('destroyed, and its end not seen yet → not tried again', () => {
    const remedy = noted([accused('a')]);
    remedy.look([accused('a')], seconds(5));
    remedy.destroyed(accused('a'), seconds(5));
    assert.deepEqual(ids(remedy.look([accused('a')], seconds(10)).due), []);
  });

  it('one that was never noted → never destroyed', () => {
    assert.equal(new Remedy<Accused>().judge(accused('a'), still, seconds(0), patience), 'moved');
  });
});

describe('how many are destroyed', () => {
  it('two hundred leaks, look by look → 60 in any minute', () => {
    let left = Array.from({ length: 200 }, (_, n) => accused(`c${n}`, { age: n }));
    const remedy = noted(left);
    const times: number[] = [];
    for (let at = 5; at <= 300 && left.length > 0; at += 5) {
      const { due } = remedy.look(left, seconds(at));
      for (const one of due) {
        if (remedy.judge(one, still, seconds(at), patience) !== 'destroy') break;
        remedy.destroyed(one, seconds(at));
        times.push(at);
        left = left.filter(({ connectionId }) => connectionId !== one.connectionId);
      }
    }
    assert.equal(times.length, 200);
    for (const from of times)
      assert.ok(times.filter((time) => time >= from && time < from + 60).length <= 60, `${from} s`);
    assert.deepEqual([...new Set(times)], [5, 65, 125, 185]);
  });

  it('over the limit → those that wait are due again, and in the order of their age', () => {
    const some = [accused('a', { age: 40 }), accused('b', { age: 50 })];
    const remedy = noted(some, 1);
    const [first, second] = remedy.look(some, seconds(5)).due as [Accused, Accused];
    assert.equal(first.connectionId, 'b');
    remedy.destroyed(first, seconds(5));
    assert.equal(remedy.judge(second, still, seconds(5), patience), 'wait');
    assert.equal(remedy.judge(second, still, seconds(64.9), patience), 'wait');
    assert.deepEqual(ids(remedy.look([second], seconds(65)).due), ['a']);
    assert.equal(remedy.judge(second, still, seconds(65), patience), 'destroy');
  });
});
