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

/** Twenty agents with a connection each to api:80, the newest idle for 2 s; but for these fields. */
function idle(fields: Partial<IdleAgents> = {}): IdleAgents {
  const site = { frames: () => ['call (/app/api.js:7:3)'] };
  return {
    destination: 'api:80',
    agents: 20,
    connections: 20,
    others: 0,
    oldestMs: 30_000,
    newestMs: 2000,
    sample: [{ connectionId: 'c1', local: endpoint('10.0.0.1', 40_001), peer: undefined, idleMs: 30_000, site }],
    ...fields,
  };
}

/** Whether there is a case after each look: seconds, and what is idle then. */
function found(...looks: readonly (readonly [at: number, idle: readonly IdleAgents[]])[]): boolean[] {
  const detector = new IdlePileUp();
  return looks.map(([at, idleAgents]) => detector.examine(hostLook({ idleAgents }), seconds(at)).length > 0);
}

/** After two looks with new agents in between. */
function stands(fields: Partial<IdleAgents>): boolean {
  return found([0, [idle(fields)]], [5, [idle(fields)]])[1] === true;
}

/**
 *     healthy                                sick
 *       request ──▶ ┌ agent ┐                  request ──▶ agent ═══════ idle
 *       request ──▶ │       │ ═══════          request ──▶ agent ═══════ idle
 *       request ──▶ └───────┘                  request ──▶ agent ═══════ idle
 */
describe('IdlePileUp', () => {
  it('stands for 5 s while new agents come → found', () => {
    assert.deepEqual(found([0, [idle()]], [4.9, [idle()]], [5, [idle()]]), [false, false, true]);
  });

  it('no new ones come → only after 30 s: those that are there may be used yet', () => {
    const older = (ms: number) => [idle({ newestMs: 2000 + ms })];
    const looks = found([0, older(0)], [5, older(5000)], [29.9, older(29_900)], [30, older(30_000)]);
    assert.deepEqual(looks, [false, false, false, true]);
  });

  it('found once, it stands while nothing comes any more, and until it is gone', () => {
    const looks = found([0, [idle()]], [5, [idle()]], [10, [idle({ newestMs: 12_000 })]], [15, []], [20, [idle()]]);
    assert.deepEqual(looks, [false, true, true, false, false]);
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
      raiser.look(detector.examine(hostLook({ idleAgents: [idle()] }), seconds(at)), lookAt(at));
    const [finding] = [0, 5, 10].flatMap(look);
    assert.ok(finding);
    const { subject, count, age_s, sample } = finding;
    assert.deepEqual(subject, { role: 'client', destination: 'api:80', agents: 20 });
    assert.deepEqual([count, age_s, sample[0]?.call_site], [20, 30, ['call (/app/api.js:7:3)']]);
    const { message, advice } = explain(finding);
    assert.match(message, /^20 connections to api:80, the oldest for 30 s idle, .* They belong to 20 different agents/);
    assert.match(advice, /Make one agent for the application/);
  });
});
