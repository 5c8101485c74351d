import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IdleAgents } from '../../src/connection/host-fact.ts';
import { IdleAgentsPart } from '../../src/host/idle-agents.ts';
import type { AgentSocket } from '../../src/sources/net/agent-sockets.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds, socketId } from '../connection/observations.ts';

/** It is second 100 in all of this. */
const now = seconds(100);

/** The connection of an agent of its own, opened at this second and idle for so many; but for these fields. */
function socket(at: number, idleS: number | undefined, fields: Partial<AgentSocket> = {}): AgentSocket {
  return {
    agent: { firstAt: seconds(at) },
    requested: endpoint('api', 80),
    peer: undefined,
    at: seconds(at),
    idleMs: idleS === undefined ? undefined : idleS * 1000,
    site: undefined,
    identity: () => socketId(1),
    ...fields,
  };
}

const times = <Made>(count: number, make: (i: number) => Made): Made[] =>
  Array.from({ length: count }, (_, i) => make(i));

async function reported(sockets: readonly (AgentSocket | undefined)[], opened = sockets.length) {
  const facts: IdleAgents[] = [];
  const part = new IdleAgentsPart({
    agentsOpened: () => opened,
    *agentSockets() {
      yield* sockets;
    },
    now: () => now,
    report: (said) => {
      if (said.kind === 'host' && said.fact.name === 'idle_agents') facts.push(said.fact);
    },
    isIgnored: (requested) => requested.address === 'ignored',
  });
  await part.look();
  return facts.map(({ destination, agents, connections, others, oldestMs, newestAt }) => {
    return { destination, agents, connections, others, oldestMs, newestAt };
  });
}

const nothing = { destination: 'api:80', agents: 0, connections: 0, others: 0, oldestMs: 0, newestAt: seconds(0) };

describe('the agents that were used once', () => {
  it('ten, each with an idle connection → counted, with the longest, and when the newest came', async () => {
    const sockets = times(10, (i) => socket(80 + i, 19 - i));
    const told = { ...nothing, agents: 10, connections: 10, oldestMs: 19_000, newestAt: seconds(89) };
    assert.deepEqual(await reported(sockets), [told]);
  });

  it('used again, the newest came when it came', async () => {
    const [told] = await reported([...times(10, () => socket(75, 3)), ...times(10, (i) => socket(80, 2 + i))]);
    assert.equal(told?.newestAt, seconds(80));
  });

  it('nine → nothing', async () =>
    assert.deepEqual(
      await reported(
        times(9, () => socket(90, 9)),
        50,
      ),
      [],
    ));

  it('one agent with 50 connections → nothing', async () => {
    const agent = { firstAt: seconds(80) };
    assert.deepEqual(
      await reported(
        times(50, () => socket(80, 19, { agent })),
        50,
      ),
      [],
    );
  });

  it('an agent for each of 20 destinations → nothing', async () =>
    assert.deepEqual(await reported(times(20, (i) => socket(80, 19, { requested: endpoint(`s${i}`, 80) }))), []));

  it('those to be ignored → nothing', async () =>
    assert.deepEqual(await reported(times(20, () => socket(80, 19, { requested: endpoint('ignored', 80) }))), []));

  it('idle for less than 2 s, or busy → neither one nor the other', async () => {
    const sockets = [...times(10, () => socket(90, 2)), socket(90, 1.9), socket(90, undefined)];
    assert.deepEqual(await reported(sockets), [
      { ...nothing, agents: 10, connections: 10, oldestMs: 2000, newestAt: seconds(90) },
    ]);
  });

  it('used again 30 s after the first connection → in use', async () => {
    const sockets = [...times(10, () => socket(60, 10.1)), ...times(3, () => socket(60, 10)), socket(1, undefined)];
    const [told] = await reported(sockets);
    assert.deepEqual([told?.agents, told?.others], [10, 4]);
  });

  it('an agent that opened its first connection long ago is in use, however young this one is', async () => {
    const sockets = times(20, () => socket(90, 9, { agent: { firstAt: seconds(1) } }));
    assert.deepEqual(await reported(sockets), []);
  });
});

describe('the walk over all connections', () => {
  it('is not made while too few agents have opened any, and again when as many have come as were missing', async () => {
    let [opened, walks] = [9, 0];
    const part = new IdleAgentsPart({
      agentsOpened: () => opened,
      *agentSockets() {
        walks++;
        yield* times(4, () => socket(90, 9));
      },
      now: () => now,
      report: () => {},
      isIgnored: () => false,
    });
    const walksAt = async (agents: number) => {
      opened = agents;
      await part.look();
      return walks;
    };
    assert.deepEqual([await walksAt(9), await walksAt(10), await walksAt(15), await walksAt(16)], [0, 1, 1, 2]);
  });
});
