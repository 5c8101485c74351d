import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListenerFact } from '../../src/connection/host-fact.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { QueueReadings } from '../../src/telemetry/queue-readings.ts';
import { seconds } from '../connection/observations.ts';
import { listening } from '../detectors/host-looks.ts';

/** Looks five seconds apart: what is read a second after the last, `[port, usage, limit]`. */
function read(looks: readonly (readonly Partial<ListenerFact>[])[], after = 1) {
  const readings = new QueueReadings();
  looks.forEach((listeners, n) => void readings.look({ listeners: listeners.map(listening) }, seconds(n * 5)));
  const ports = new Map<unknown, unknown[]>();
  for (const { name, value, attributes } of readings.readings(seconds((looks.length - 1) * 5 + after))) {
    const port = attributes['server.port'];
    ports.set(port, [...(ports.get(port) ?? [port]), name.replace('synfin.tcp.accept_queue.', ''), value]);
  }
  return [...ports.values()];
}

const at = (port: number, address = '0.0.0.0') => ({ local: endpoint(address, port) });

describe('the accept queues of our listeners', () => {
  it('how many wait, and how many may, by the last look', () =>
    assert.deepEqual(read([[{ queue: 3 }], [{ queue: 5, backlog: 128 }]]), [[8080, 'usage', 5, 'limit', 128]]));

  it('two listeners at one port → the fuller one by share, whichever has more waiting', () => {
    const small = { socket: 'a', queue: 9, backlog: 10, ...at(80, '10.0.0.1') };
    const big = { socket: 'b', queue: 100, backlog: 511, ...at(80, '10.0.0.2') };
    const expected = [[80, 'usage', 9, 'limit', 10]];
    assert.deepEqual([read([[small, big]]), read([[big, small]])], [expected, expected]);
  });

  it('both empty → the smaller one, whichever was seen first', () => {
    const small = { socket: 'a', backlog: 10 };
    const big = { socket: 'b', backlog: 511 };
    const expected = [[8080, 'usage', 0, 'limit', 10]];
    assert.deepEqual([read([[small, big]]), read([[big, small]])], [expected, expected]);
  });

  it('a backlog of 0 takes one: with one it is full', () => {
    const full = { socket: 'a', queue: 1, backlog: 0 };
    const half = { socket: 'b', queue: 60, backlog: 120 };
    assert.deepEqual(read([[half, full]]), [[8080, 'usage', 1, 'limit', 0]]);
  });

  it('a look does not show it, or two → it is as it was; three → it is closed', () => {
    const one = [{ queue: 3 }];
    assert.deepEqual(read([one, [], []]), [[8080, 'usage', 3, 'limit', 511]]);
    assert.deepEqual(read([one, [], [], []]), []);
  });

  it('nobody looks any more → nothing is said', () => {
    assert.equal(read([[{}], [{}]], 62).length, 1);
    assert.equal(read([[{}], [{}]], 63).length, 0);
  });

  it('more than 64 ports → the fullest of the rest', () => {
    const many = Array.from({ length: 70 }, (_, n) => ({ socket: `${n}`, queue: n, backlog: 100, ...at(3000 + n) }));
    const queues = read([many]);
    assert.equal(queues.length, 65);
    assert.deepEqual(queues.at(-1), ['_OTHER', 'usage', 69, 'limit', 100]);
  });

  it('thousands of ports that come and go → never more than 65 series', () => {
    const readings = new QueueReadings();
    const ports = new Set<unknown>();
    for (let n = 0; n < 100; n++) {
      const listeners = Array.from({ length: 50 }, (_, i) =>
        listening({ socket: `${n}-${i}`, ...at(1024 + n * 50 + i) }),
      );
      readings.look({ listeners }, seconds(n * 5));
      for (const { attributes } of readings.readings(seconds(n * 5))) ports.add(attributes['server.port']);
    }
    assert.equal(ports.size, 65);
  });
});
