import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Glance } from '../../src/connection/census.ts';
import type { Counters, HalfOpen } from '../../src/connection/host-fact.ts';
import type { Observation } from '../../src/connection/observation.ts';
import { HalfOpenCount } from '../../src/host/half-open.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { instant } from '../../src/tcp/identity.ts';

function halfOpen(address: string, port: number, expiresMs: number): Glance {
  const fourTuple = { local: endpoint(address, port), peer: endpoint('10.0.0.9', 4711) };
  const zeros = { cookie: 0, inode: 0, receiveQueue: 0, sendQueue: 0 };
  return { state: 'syn_received', localPort: port, peerPort: 4711, fourTuple, expiresMs, ...zeros };
}

/** Looks with these counters, one after the other: what each counted on port 80, and how often somebody walked. */
async function looks(
  counted: Counters[],
  listeners = ['0.0.0.0'],
  walk: 'whole' | 'cut short' | 'impossible' = 'whole',
) {
  const facts: { counters: Counters | undefined } = { counters: undefined };
  const told: (HalfOpen | undefined)[] = [];
  let walks = 0;
  const part = new HalfOpenCount({
    facts,
    listeners: () => listeners.map((address) => ({ local: endpoint(address, 80) })),
    glance(states, visit) {
      walks++;
      assert.deepEqual(states, ['syn_received']);
      for (const one of [
        halfOpen('10.0.0.1', 80, 900),
        halfOpen('10.0.0.1', 80, 1900),
        halfOpen('10.0.0.2', 80, 3900),
        halfOpen('10.0.0.1', 81, 3900),
      ])
        visit(one);
      return walk === 'impossible' ? undefined : Promise.resolve(walk === 'whole');
    },
    now: () => instant(0),
    report(said: Observation) {
      if (said.kind === 'host' && said.fact.name === 'half_open') told.push(said.fact.byPort.get(80));
    },
  });
  for (const counters of counted) {
    facts.counters = counters;
    await part.look();
  }
  return { told, walks };
}

const [still, moved] = [{ SyncookiesSent: 5 }, { SyncookiesSent: 6 }];

describe('half-open connections', () => {
  it('the counters stand still → nobody walks over the sockets', async () => {
    assert.deepEqual(await looks([still, still, still]), { told: [], walks: 0 });
  });

  it('they have moved → those on our ports, and how many were sent a second SYN+ACK', async () => {
    assert.deepEqual(await looks([still, moved, moved]), { told: [{ count: 3, unanswered: 2 }], walks: 1 });
  });

  it('at the address that we listen on, and no other', async () => {
    assert.deepEqual((await looks([still, moved], ['10.0.0.1'])).told, [{ count: 2, unanswered: 1 }]);
    assert.deepEqual((await looks([still, moved], ['::'])).told, [{ count: 3, unanswered: 2 }]);
  });

  it('two servers on one port → each connection once', async () => {
    assert.deepEqual((await looks([still, moved], ['0.0.0.0', '::'])).told, [{ count: 3, unanswered: 2 }]);
  });

  it('no server of ours → nobody walks', async () => {
    assert.equal((await looks([still, moved], [])).walks, 0);
  });

  it('not every socket was seen, or nobody can walk → nothing is told', async () => {
    assert.deepEqual((await looks([still, moved], ['::'], 'cut short')).told, []);
    assert.deepEqual((await looks([still, moved], ['::'], 'impossible')).told, []);
  });
});
