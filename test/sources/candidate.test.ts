import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NotSupportedError } from '../../src/errors.ts';
import { Candidate } from '../../src/sources/candidate.ts';
import { Pace } from '../../src/sources/pace.ts';
import type { Report } from '../../src/sources/source.ts';
import { instant } from '../../src/tcp/identity.ts';
import { sweepEnd } from '../connection/observations.ts';

const retryMs = 10;

/** Runs it so many times, each for 100 s until it breaks; the pause after each, in milliseconds. */
async function pausesOf(runs: number, look: (report: Report) => void): Promise<number[]> {
  let ms = 0;
  const now = () => instant(ms * 1000);
  const run = async (report: Report) => {
    look(report);
    ms += 100_000;
    throw new Error('it broke');
  };
  const source = { name: 'sock_diag', probe: async () => undefined, run } as const;
  const candidate = new Candidate(source, { retryMs, report: () => {}, lost: () => {} });
  const pauses: number[] = [];
  for (let n = 0; n < runs; n++) {
    await candidate.run(new AbortController().signal, now);
    pauses.push(candidate.dueAt / 1000 - ms);
  }
  return pauses;
}

describe('the pause after which a source that broke is tried again', () => {
  it('it had worked for long → a short one each time', async () => {
    assert.deepEqual(await pausesOf(4, (report) => report(sweepEnd(0, 1, ['close_wait']))), [10, 10, 10, 10]);
  });

  it('for long, and no look of its was whole → twice as long each time: it had not worked', async () => {
    const half = (report: Report) => report(sweepEnd(0, 1, ['close_wait'], { whole: false }));
    assert.deepEqual(await pausesOf(4, half), [10, 20, 40, 80]);
    assert.deepEqual(await pausesOf(4, () => {}), [10, 20, 40, 80]);
  });

  it('what follows from its rows is charged to it', () => {
    const charged: number[] = [];
    const charge = (us: number) => void charged.push(us);
    const source = { name: 'procfs', probe: async () => undefined, run: async () => {}, charge } as const;
    new Candidate(source, { retryMs, report: () => {}, lost: () => {} }).charge(700);
    assert.deepEqual(charged, [700]);
  });
});

describe('the pause after which a source that was refused is asked again', () => {
  /** Asked so many times, each as soon as it is due; the pause after each, in milliseconds. */
  async function pausesAfter(probes: number, costMs: number): Promise<number[]> {
    let ms = 0;
    const now = () => instant(ms * 1000);
    const pace = new Pace({ now, intervalMs: retryMs, cpuBudget: 0.01, cpu: () => undefined, aheadMs: 0 });
    const probe = async () => {
      const look = pace.look();
      look.inChild(costMs * 1000);
      look.end();
      return new NotSupportedError('running it', 'a program that works');
    };
    const source = { name: 'netstat', probe, run: async () => {}, pause: () => pace.pause() } as const;
    const candidate = new Candidate(source, { retryMs, report: () => {}, lost: () => {} });
    const pauses: number[] = [];
    for (let n = 0; n < probes; n++) {
      await candidate.probe(now);
      pauses.push(candidate.dueAt / 1000 - ms);
      ms = candidate.dueAt / 1000;
    }
    return pauses;
  }

  it('it costs next to nothing → twice as long each time', async () => {
    assert.deepEqual(await pausesAfter(4, 0), [10, 20, 40, 80]);
  });

  it('it costs 20 ms of 1 % of a core → not before 2 s are over, and never more at once for what is paid', async () => {
    assert.deepEqual(await pausesAfter(3, 20), [2000, 2000, 2000]);
  });

  it('it costs little → as often as without, once that is rarer', async () => {
    assert.deepEqual(await pausesAfter(5, 0.3), [30, 30, 40, 80, 160]);
  });
});
