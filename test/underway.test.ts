import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Underway } from '../src/underway.ts';

const soon = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('what is under way', () => {
  it('nothing is → at rest at once', async () => {
    const startedAt = Date.now();
    await new Underway().atRest(10_000);
    assert.ok(Date.now() - startedAt < 1000);
  });

  it('it is waited for, and what it begins too; whether it ends well does not matter', async () => {
    const underway = new Underway();
    const over: string[] = [];
    const second = async () => {
      await soon(20);
      over.push('second');
      throw new Error('it broke');
    };
    const first = async () => {
      await soon(20);
      over.push('first');
      underway.note(second());
    };
    underway.note(first());
    await underway.atRest(10_000);
    assert.deepEqual(over, ['first', 'second']);
  });

  it('what never ends is waited for so long, and no longer', async () => {
    const underway = new Underway();
    underway.note(new Promise(() => {}));
    const startedAt = Date.now();
    await underway.atRest(50);
    const took = Date.now() - startedAt;
    assert.ok(took >= 45 && took < 1000, `${took} ms`);
  });
});
