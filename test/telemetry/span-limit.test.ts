import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instant } from '../../src/tcp/identity.ts';
import { SpanLimit } from '../../src/telemetry/span-limit.ts';

const seconds = (time: number) => instant(time * 1e6);

/** How many of so many spans are let through at one moment. */
function admitted(limit: SpanLimit, count: number, notable: boolean, at = seconds(0)): number {
  let through = 0;
  for (let asked = 0; asked < count; asked++) if (limit.admits(notable, at)) through++;
  return through;
}

describe('maxSpansPerSecond', () => {
  it('less than that → all of them', () => {
    const limit = new SpanLimit(500);
    assert.equal(admitted(limit, 400, false), 400);
    assert.deepEqual([limit.told, limit.dropped], [400, 0]);
  });

  it('more at once → the rest is dropped, and every one is counted', () => {
    const limit = new SpanLimit(500);
    admitted(limit, 10_000, false);
    admitted(limit, 10_000, true);
    assert.deepEqual([limit.told, limit.dropped], [500, 19_500]);
  });

  it('notable ones go last: a fifth is kept for them', () => {
    const limit = new SpanLimit(500);
    assert.equal(admitted(limit, 10_000, false), 400);
    assert.equal(admitted(limit, 10_000, true), 100);
  });

  it('notable ones alone may have it all', () => {
    assert.equal(admitted(new SpanLimit(500), 10_000, true), 500);
  });

  it('a second later → as many again, but no more than that after an hour', () => {
    const limit = new SpanLimit(500);
    admitted(limit, 10_000, true);
    assert.equal(admitted(limit, 10_000, true, seconds(0.1)), 50);
    assert.equal(admitted(limit, 10_000, true, seconds(1.1)), 500);
    assert.equal(admitted(limit, 10_000, true, seconds(3600)), 500);
  });

  it('one a second is one a second', () => {
    const limit = new SpanLimit(1);
    assert.equal(admitted(limit, 10, false), 1);
    assert.equal(admitted(limit, 10, false, seconds(0.5)), 0);
    assert.equal(admitted(limit, 10, false, seconds(1.5)), 1);
  });

  it('room for both spans of a connection is not room for one of them', () => {
    const limit = new SpanLimit(500);
    admitted(limit, 399, false);
    assert.deepEqual([limit.hasRoom(false, seconds(0)), limit.hasRoom(false, seconds(0), 2)], [true, false]);
    assert.equal(limit.hasRoom(true, seconds(0), 2), true);
  });

  it('where there is never room for both, one is enough', () => {
    for (const perSecond of [1, 2])
      assert.equal(new SpanLimit(perSecond).hasRoom(false, seconds(0), 2), true, `${perSecond}`);
  });

  it('one that a sampler had decided against is given back', () => {
    const limit = new SpanLimit(10);
    for (let asked = 0; asked < 1000; asked++) if (limit.admits(true, seconds(0))) limit.giveBack();
    assert.deepEqual([limit.told, limit.dropped], [0, 0]);
  });

  it('the first that is dropped is told of, once', () => {
    let told = 0;
    const limit = new SpanLimit(1, () => told++);
    admitted(limit, 1, true);
    assert.equal(told, 0);
    admitted(limit, 100, true);
    assert.equal(told, 1);
  });

  it('a clock that goes back gives nothing', () => {
    const limit = new SpanLimit(10);
    admitted(limit, 10, true, seconds(100));
    assert.equal(admitted(limit, 10, true, seconds(50)), 0);
  });
});
