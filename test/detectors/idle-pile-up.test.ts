import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IdleAgents } from '../../src/connection/host-fact.ts';
import { IdlePileUp } from '../../src/detectors/idle-pile-up.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { explain } from '../../src/explain/explain.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds } from '../connection/observations.ts';
import { hostLook } from './host-looks.ts';
import { lookAt } from './views.ts';

/** Twenty agents with a connection each to api:80, the newest of second 0; but for these fields. */
function idle(fields: Partial<IdleAgents> = {}): IdleAgents {
  const site = { frames: () => ['call (/app/api.js:7:3)'] };
  return {
    destination: 'api:80',
    agents: 20,
    connections: 20,
    others: 0,
    oldestMs: 30_000,
    newestAt: seconds(0),
    sample: [{ connectionId: 'c1', local: endpoint('10.0.0.1', 40_001), peer: undefined, idleMs: 30_000, site }],
    ...fields,
  };
}

/** What is idle when the newest agent is of this second. */
const newest = (at: number, fields: Partial<IdleAgents> = {}) => [idle({ ...fields, newestAt: seconds(at) })];

/** Whether there is a case after each look: seconds, and what is idle then. */
function found(...looks: readonly (readonly [at: number, idle: readonly IdleAgents[]])[]): boolean[] {
  const detector = new IdlePileUp();
  return looks.map(([at, idleAgents]) => detector.examine(hostLook({ idleAgents }), seconds(at)).length > 0);
}

/** After looks for half a minute with new agents in between. */
function stands(fields: Partial<IdleAgents>): boolean {
  return found(...[5, 20, 35].map((at) => [at, newest(at - 3, fields)] as const))[2] === true;
}

/**
 *     healthy                                sick
 *       request ──▶ ┌ agent ┐                  request ──▶ agent ═══════ idle
 *       request ──▶ │       │ ═══════          request ──▶ agent ═══════ idle
 *       request ──▶ └───────┘                  request ──▶ agent ═══════ idle
 */
describe('IdlePileUp', () => {
  it('new agents at two looks after the first, 30 s after it → found', () => {
    assert.deepEqual(found([5, newest(2)], [10, newest(7)], [35, newest(32)]), [false, false, true]);
    assert.deepEqual(found([5, newest(2)], [35, newest(32)]), [false, false]);
    assert.deepEqual(found([5, newest(2)], [10, newest(7)], [34.9, newest(32)]), [false, false, false]);
  });

  it('a service that makes an agent for each tenant when it first hears of it, for 25 s after the tenth → none', () => {
    const looks = Array.from({ length: 40 }, (_, n) => n * 5 + 5);
    const warming = looks.map((at) => [at, newest(Math.min(at, 30) - 1)] as const);
    assert.ok(!found(...warming).includes(true));
  });

  it('they came at one look only, or were there at the first → none, however long they stand', () => {
    const looks = Array.from({ length: 40 }, (_, n) => n * 5 + 5);
    assert.ok(!found(...looks.map((at) => [at, newest(2)] as const)).includes(true));
    assert.ok(!found(...looks.map((at) => [at, newest(at < 20 ? 2 : 17)] as const)).includes(true));
  });

  it('a dozen made at the start, each used every 45 s → none, though the idle time begins anew', () => {
    const looks = Array.from({ length: 40 }, (_, n) => n * 5 + 5);
    const dozen = (at: number) => newest(1, { agents: 12, connections: 12, oldestMs: ((at - 1) % 45) * 1000 });
    assert.ok(!found(...looks.map((at) => [at, dozen(at)] as const)).includes(true));
  });

  it('a minute without a new one, and it is looked at anew', () => {
    const grows = [
      [5, newest(2)],
      [10, newest(7)],
    ] as const;
    assert.equal(found(...grows, [69, newest(10)], [69.9, newest(69)]).at(-1), true);
    assert.equal(found(...grows, [70, newest(10)], [75, newest(72)]).at(-1), false);
  });

  it('found once, it stands while nothing comes any more, and until it is gone', () => {
    const grown = [5, 20, 35, 40, 200].map((at) => [at, newest(Math.min(at, 35) - 3)] as const);
    const looks = found(...grown, [205, []], [210, newest(208)]);
    assert.deepEqual(looks, [false, false, true, true, true, false, false]);
  });

  it('ten agents → found; nine → clear', () => {
    assert.ok(stands({ agents: 10, connections: 10 }));
    assert.ok(!stands({ agents: 9, connections: 9 }));
  });

  it('two connections for each → found; more → clear: pools that were used as such', () => {
    assert.ok(stands({ connections: 40 }));
    assert.ok(!stands({ connections: 41 }));
    assert.ok(!stands({ agents: 1, connections: 50 }));
  });

  it('more than a tenth of all agents to the destination in use → clear: the rest may be used again', () => {
    assert.ok(stands({ agents: 18, connections: 18, others: 2 }));
    assert.ok(!stands({ agents: 17, connections: 17, others: 3 }));
  });

  it('twenty services with an agent each → clear', () => {
    const services = Array.from({ length: 20 }, (_, i) => idle({ destination: `s${i}:80`, agents: 1, connections: 1 }));
    assert.deepEqual(found([0, services], [5, services], [60, services]), [false, false, false]);
  });
});

describe('an idle_pile_up in words', () => {
  it('says how many agents, and where they are made', () => {
    const [detector, raiser] = [new IdlePileUp(), new Raiser('test')];
    const look = (at: number) =>
      raiser.look(detector.examine(hostLook({ idleAgents: newest(at) }), seconds(at)), lookAt(at));
    const [finding] = [0, 10, 20, 30, 35].flatMap(look);
    assert.ok(finding);
    const { subject, count, age_s, sample } = finding;
    assert.deepEqual(subject, { role: 'client', destination: 'api:80', agents: 20 });
    assert.deepEqual([count, age_s, sample[0]?.call_site], [20, 30, ['call (/app/api.js:7:3)']]);
    const { message, advice } = explain(finding);
    assert.match(message, /^20 connections to api:80, the oldest for 30 s idle, .* They belong to 20 different agents/);
    assert.match(advice, /Make one agent for the application/);
  });
});
