import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trackerLimits } from '../../src/connection/bounds.ts';
import type { HostLook } from '../../src/connection/host-facts.ts';
import { Knowledge } from '../../src/connection/knowledge.ts';
import type { Observation } from '../../src/connection/observation.ts';
import { Tracker } from '../../src/connection/tracker.ts';
import type { HostDetectors } from '../../src/detectors/all-detectors.ts';
import { placeCase } from '../../src/detectors/case.ts';
import { closeWaitLeak } from '../../src/detectors/close-wait-leak.ts';
import type { HostDetector } from '../../src/detectors/host-detector.ts';
import { Judge, originOf } from '../../src/detectors/judge.ts';
import { atOnce } from '../../src/detectors/steps.ts';
import type { Instant } from '../../src/tcp/identity.ts';
import { closed } from '../connection/observations.ts';
import { accepted, at, inspected, row } from '../replay/lines.ts';

function judging(all: readonly HostDetector[] = [], looked?: (look: HostLook, at: Instant) => void) {
  const knowledge = new Knowledge(new Tracker(trackerLimits(100)));
  const faults: string[] = [];
  const host = { all, ports: { wantsCensus: false } } as HostDetectors;
  const fault = (where: string, error: unknown) => void faults.push(`${where}: ${error}`);
  const judge = new Judge({ knowledge, connections: [closeWaitLeak(5e6)], host, origin: '1', fault, looked });
  const observe = (...said: readonly Observation[]) => said.forEach((one) => void knowledge.observe(one));
  const begin = (seconds: number) => {
    judge.begin();
    while (judge.hasMore) judge.see(at(seconds));
  };
  const end = (seconds: number) => {
    const facts = { clock: at(seconds), suspects: judge.seen.size, descriptors: undefined };
    return judge.judging({ ...facts, wallTime: [{ since: at(0), ms: 0 }] }, at(seconds));
  };
  return { knowledge, judge, faults, observe, begin, end };
}

/** Of the namespace: nine ports are taken. */
const found: HostDetector = {
  examine: (_look, when) => [
    placeCase({
      kind: 'ephemeral_ports',
      cause: 'exhausted',
      count: 9,
      where: '10.0.0.2:80',
      since: when,
      severity: 'critical',
      subject: { role: 'client', destination: '10.0.0.2:80' },
      confidence: 'observed',
      looksToSettle: 1,
    }),
  ],
};

describe('what a look is judged by', () => {
  it('between two looks nothing is held of those that were seen, and what was found of them stays', () => {
    const { judge, observe, begin, end } = judging();
    observe(accepted(1, 1));
    for (const seconds of [5, 10, 15]) {
      observe(row(1, seconds), inspected(1, seconds));
      begin(seconds);
      assert.equal(judge.seen.size, 1);
      atOnce(end(seconds));
      judge.rest();
      assert.equal(judge.seen.size, 0);
    }
    assert.equal(judge.findings().length, 1);
  });

  it('connections as they were when they were seen, whatever happens to them before the end', () => {
    const { observe, begin, end } = judging();
    observe(accepted(1, 1));
    for (const seconds of [5, 10, 15]) {
      observe(row(1, seconds), inspected(1, seconds));
      begin(seconds);
      if (seconds < 15) assert.deepEqual(atOnce(end(seconds)), []);
    }
    const steps = end(15);
    const other = { frames: () => ['elsewhere (/app/other.mjs:1:1)'] };
    observe({ ...inspected(1, 16), site: other } as Observation, closed(1, 16));
    const [finding] = atOnce(steps);
    assert.deepEqual([finding?.count, finding?.sample[0]?.age_s], [1, 10]);
    assert.deepEqual(finding?.sample[0]?.call_site, ['portOf (/app/server.mjs:7:3)']);
  });

  it('one that got well before it was seen is not judged', () => {
    const { judge, observe } = judging();
    observe(accepted(1, 1), accepted(2, 1), row(1, 5), row(2, 5));
    judge.begin();
    assert.ok(judge.see(at(5)));
    observe(closed(2, 6));
    assert.equal(judge.see(at(6)), undefined);
    assert.equal(judge.hasMore, false);
    assert.equal(judge.seen.size, 1);
  });

  it('host facts up to the end of the look: those that come later are the next one’s', () => {
    const looks: number[] = [];
    const counting: HostDetector = {
      examine({ refusals }) {
        looks.push(refusals.length);
        return [];
      },
    };
    const { observe, begin, end } = judging([counting]);
    const refusal: Observation = {
      ...{ kind: 'host', source: 'userland', at: at(1), scope: 'thread' },
      fact: { name: 'refusal', at: at(1), requested: { address: 'db', port: 1 } },
    };
    observe(refusal);
    begin(5);
    const steps = end(5);
    observe(refusal, refusal);
    atOnce(steps);
    begin(10);
    atOnce(end(10));
    assert.deepEqual(looks, [1, 2]);
  });

  it('a detector that breaks is noted, and hides no other', () => {
    class Broken implements HostDetector {
      examine(): never {
        throw new Error('out of range');
      }
    }
    const { begin, end, faults } = judging([new Broken(), found]);
    begin(5);
    assert.equal(atOnce(end(5)).length, 1);
    assert.deepEqual(faults, ['Broken: Error: out of range']);
  });
});

describe('the origin of findings', () => {
  it('the process; of a thread, that too', () => {
    assert.deepEqual([originOf(12, 0), originOf(12, 3)], ['12', '12.3']);
  });
});

describe('whoever hears of each look', () => {
  it('hears of what it showed around the connections, and changes no finding', () => {
    const heard: unknown[] = [];
    const { judge, end, begin } = judging([found], (look, when) => heard.push([look.listeners.length, when]));
    begin(5);
    atOnce(end(5));
    assert.deepEqual(heard, [[0, at(5)]]);
    assert.equal(judge.findings().length, 1);
  });

  it('fails → the error is noted, and the look is judged', () => {
    const { judge, faults, end, begin } = judging([found], () => {
      throw new Error('full');
    });
    begin(5);
    atOnce(end(5));
    assert.deepEqual(faults, ['looked: Error: full']);
    assert.equal(judge.findings().length, 1);
  });
});
