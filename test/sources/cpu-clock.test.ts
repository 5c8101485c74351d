import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cpuClock, parseSchedstat } from '../../src/sources/cpu-clock.ts';

const skip = process.platform === 'linux' ? false : 'needs Linux: there is no /proc elsewhere';

describe('parseSchedstat', () => {
  it('nanoseconds on a processor → microseconds', () => assert.equal(parseSchedstat('1234567 89 10\n'), 1234.567));

  it('any text → a number or undefined', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const us = parseSchedstat(text);
        assert.ok(us === undefined || us >= 0);
      }),
    );
  });
});

describe('cpuClock', () => {
  it('no /proc → undefined', () => assert.equal(cpuClock('/nowhere')(), undefined));

  it('50 ms of work in this thread are in both clocks', { skip }, () => {
    const clock = cpuClock('/proc');
    const before = clock();
    const until = process.cpuUsage().user + 50_000;
    while (process.cpuUsage().user < until);
    const after = clock();
    assert.ok(before && after);
    const thread = after.thread - before.thread;
    assert.ok(thread > 30_000 && thread <= after.process - before.process + 10_000, `${thread} µs`);
  });
});
