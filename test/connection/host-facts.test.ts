import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact, HostFact } from '../../src/connection/host-fact.ts';
import { HostFacts, isOfTheHost } from '../../src/connection/host-facts.ts';
import type { Row } from '../../src/connection/observation.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { instant } from '../../src/tcp/identity.ts';

const at = instant(0);

function said(fact: Fact): HostFact {
  return { kind: 'host', source: 'procfs', at, scope: 'namespace', fact };
}

function row(state: Row['state']): Row {
  return { kind: 'row', source: 'sock_diag', at, id: {}, state, receiveQueue: 3, sendQueue: 128 };
}

function failure(port: number): HostFact {
  const peer = endpoint('10.0.0.2', port);
  const nothing = { requested: undefined, localAddress: undefined, sample: [] };
  return said({ name: 'port_failure', at, error: 'EADDRNOTAVAIL', peer, count: 1, ...nothing });
}

describe('what is of the host', () => {
  it('a fact, and a row of a listener, which is no connection', () => {
    assert.equal(isOfTheHost(said({ name: 'counters', values: {} })), true);
    assert.equal(isOfTheHost(row('listen')), true);
    assert.equal(isOfTheHost(row('close_wait')), false);
  });
});

describe('from look to look', () => {
  it('counters and settings hold on until they are told anew; what was seen in a look is of that look alone', () => {
    const facts = new HostFacts();
    facts.observe(said({ name: 'counters', values: { tw: 7 } }));
    facts.observe(said({ name: 'sysctls', values: { somaxconn: 4096 } }));
    facts.observe(said({ name: 'loop_delay', longestMs: 12 }));
    facts.observe(failure(80));
    facts.observe(row('listen'));
    assert.deepEqual([facts.counters, facts.sysctls], [{ tw: 7 }, { somaxconn: 4096 }]);
    assert.equal(facts.listening.length, 1);
    const first = facts.take();
    assert.deepEqual([first.counters, first.sysctls, first.loopDelayMs], [{ tw: 7 }, { somaxconn: 4096 }, 12]);
    assert.deepEqual(
      first.portFailures.map(({ peer }) => peer.port),
      [80],
    );
    const second = facts.take();
    assert.deepEqual(
      [second.counters, second.sysctls, second.loopDelayMs],
      [{ tw: 7 }, { somaxconn: 4096 }, undefined],
    );
    assert.deepEqual([second.portFailures, facts.listening], [[], []]);
  });

  it('a recording that tells of more listeners than there are ports → no more than that are kept', () => {
    const facts = new HostFacts();
    const about = { queue: 0, backlog: 511, backlogTold: true, drops: 0, alone: false, cluster: undefined } as const;
    const more = { maxConnections: undefined, connections: undefined, site: undefined };
    const listener = { socket: '1', local: endpoint('10.0.0.1', 80), ...about, ...more };
    for (let n = 0; n < 70_000; n++) facts.observe(said({ name: 'listener', listener }));
    assert.equal(facts.take().listeners.length, 65_536);
  });

  it('a flood of events → the first 256, and the others counted', () => {
    const facts = new HostFacts();
    for (let port = 1; port <= 1000; port++) facts.observe(failure(port));
    const { portFailures, dropped } = facts.take();
    assert.deepEqual([portFailures.length, portFailures.at(-1)?.peer.port, dropped], [256, 256, 744]);
    assert.equal(facts.take().dropped, 0);
  });
});
