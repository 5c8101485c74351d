import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wrapMethod } from '../../../src/sources/net/wrap.ts';

/** Something with one method, and how often a wrap around it saw a call. */
function wrapped(target: Record<string, unknown>, key = 'greet') {
  let calls = 0;
  const undo = wrapMethod(target, key, (original, active) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      if (active()) calls++;
      return Reflect.apply(original, this, args);
    };
  });
  return { undo, calls: () => calls };
}

function polite(): Record<string, unknown> {
  return {
    name: 'Ada',
    greet(this: { name: string }, word: string, mark: string) {
      return `${word} ${this.name}${mark}`;
    },
  };
}

const greet = (target: object) => Reflect.apply(Reflect.get(target, 'greet'), target, ['hello', '!']);

describe('wrapMethod', () => {
  it('this, arguments and result go through', () => {
    const target = polite();
    const { calls } = wrapped(target);
    assert.equal(greet(target), 'hello Ada!');
    assert.equal(calls(), 1);
  });

  it('keeps name and length, and adds no property of its own', () => {
    const target = polite();
    const before = Reflect.ownKeys(target);
    const keys = Reflect.ownKeys(target.greet as object).toSorted();
    wrapped(target);
    const method = target.greet as (...args: unknown[]) => unknown;
    assert.deepEqual([method.name, method.length], ['greet', 2]);
    assert.deepEqual(Reflect.ownKeys(target), before);
    assert.deepEqual(
      Reflect.ownKeys(method)
        .filter((key) => key !== 'prototype')
        .toSorted(),
      keys,
    );
  });

  for (const [enumerable, writable] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ] as const)
    it(`keeps enumerable ${enumerable}, writable ${writable}; undo brings the property back`, () => {
      const target = {};
      Object.defineProperty(target, 'greet', { value: () => 'hello', enumerable, writable, configurable: true });
      const before = Object.getOwnPropertyDescriptor(target, 'greet');
      const { undo } = wrapped(target);
      const now = Object.getOwnPropertyDescriptor(target, 'greet');
      assert.deepEqual({ ...now, value: before?.value }, before);
      assert.notEqual(now?.value, before?.value);
      undo();
      assert.deepEqual(Object.getOwnPropertyDescriptor(target, 'greet'), before);
    });

  it('an inherited method is wrapped on the target alone; undo leaves no property', () => {
    const parent = polite();
    const target: Record<string, unknown> = Object.create(parent);
    const { undo, calls } = wrapped(target);
    greet(target);
    greet(parent);
    assert.equal(calls(), 1);
    undo();
    assert.equal(Object.hasOwn(target, 'greet'), false);
    assert.equal(greet(target), 'hello Ada!');
  });

  it('undo twice is undo once', () => {
    const target = polite();
    const { greet: original } = target;
    const first = wrapped(target);
    first.undo();
    const second = wrapped(target);
    first.undo();
    assert.equal(greet(target), 'hello Ada!');
    assert.equal(second.calls(), 1);
    second.undo();
    assert.equal(target.greet, original);
  });

  it('wrapped over by somebody else → undo leaves theirs working, and ours does nothing', () => {
    const target = polite();
    const ours = wrapped(target);
    const theirs = wrapped(target);
    const method = target.greet;
    ours.undo();
    assert.equal(target.greet, method);
    assert.equal(greet(target), 'hello Ada!');
    assert.deepEqual([ours.calls(), theirs.calls()], [0, 1]);
  });

  it('undone from the top → the one below works on, and then the original is back', () => {
    const target = polite();
    const { greet: original } = target;
    const below = wrapped(target);
    const above = wrapped(target);
    above.undo();
    greet(target);
    assert.deepEqual([below.calls(), above.calls()], [1, 0]);
    below.undo();
    assert.equal(target.greet, original);
  });

  it('a method called after undo through an old reference goes to the original, unseen', () => {
    const target = polite();
    const { undo, calls } = wrapped(target);
    const method = target.greet as () => unknown;
    undo();
    Reflect.apply(method, target, []);
    assert.equal(calls(), 0);
  });

  it('no such method, no function, or a property that must not change → left alone', () => {
    const target: Record<string, unknown> = { number: 7 };
    Object.defineProperty(target, 'fixed', { value: () => 'hello' });
    for (const key of ['missing', 'number', 'fixed']) {
      const before = Object.getOwnPropertyDescriptor(target, key);
      const { undo } = wrapped(target, key);
      assert.deepEqual(Object.getOwnPropertyDescriptor(target, key), before);
      undo();
      assert.deepEqual(Object.getOwnPropertyDescriptor(target, key), before);
    }
  });
});
