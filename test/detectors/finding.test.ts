import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionView } from '../../src/connection/view.ts';
import { caseOf } from '../../src/detectors/connection-case.ts';
import type { Finding } from '../../src/detectors/detector.ts';
import type { Look } from '../../src/detectors/look.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { http, lookAt, signals, view } from './views.ts';

/** The finding that is raised of these connections, five seconds after nought. */
function described(
  connections: ConnectionView[],
  what: Pick<Finding, 'kind' | 'cause'> = { kind: 'close_wait_leak', cause: 'paused' },
  look: Partial<Look> = {},
): Finding {
  const raiser = new Raiser('4711');
  const group = caseOf({ ...what, connections });
  raiser.look([group], lookAt(0, look));
  const [finding] = raiser.look([group], lookAt(5, { traceOf: ({ id }) => `trace-of-${id}`, ...look }));
  assert.ok(finding);
  return finding;
}

describe('what a finding says', () => {
  it('the sample: the ten oldest, oldest first', () => {
    const { sample, count } = described(Array.from({ length: 30 }, (_, n) => view(n)));
    assert.equal(count, 30);
    assert.deepEqual(
      sample.map(({ age_s }) => age_s),
      [29, 28, 27, 26, 25, 24, 23, 22, 21, 20],
    );
  });

  it('those whose line is known come before one that is only older', () => {
    const { sample, age_s } = described([view(1), view(90, { callSite: [] }), view(2)]);
    assert.deepEqual(
      sample.map(({ connection_id }) => connection_id),
      ['c2', 'c1', 'c90'],
    );
    assert.equal(age_s, 90);
  });

  it('each connection with its ends, state, queue, line and trace', () => {
    const [one] = described([view(7, { receiveQueue: 42, peer: undefined })]).sample;
    assert.deepEqual(one, {
      connection_id: 'c7',
      local: '10.0.0.1:40007',
      peer: null,
      state: 'close_wait',
      age_s: 7,
      rx_queue: 42,
      tx_queue: 0,
      call_site: ['query (/app/db.js:7:3)'],
      trace_id: 'trace-of-c7',
    });
  });

  it('since when: the state of the oldest, in wall time', () => {
    assert.equal(described([view(1), view(2)]).since, new Date(5000 - 2000).toISOString());
  });

  it('bytes that nobody reads are as old as the last progress, not as the connection', () => {
    const fields = { state: 'established', stateAge: 3600 } as const;
    const { since, age_s, sample } = described([
      view(1, { ...fields, progressAge: 2.5 }),
      view(2, { ...fields, progressAge: 4 }),
    ]);
    assert.equal(age_s, 4);
    assert.equal(since, new Date(5000 - 4000).toISOString());
    assert.deepEqual(
      sample.map((one) => one.age_s),
      [4, 2.5],
    );
  });

  it('where to: what a client asked for, where a server listens', () => {
    assert.deepEqual(described([view(1)]).subject, { role: 'client', destination: 'db:5432' });
    const server = view(1, { role: 'server', local: endpoint('::1', 80), requested: undefined });
    assert.deepEqual(described([server]).subject, { role: 'server', listener: '[::1]:80' });
    assert.deepEqual(described([view(1, { role: 'unknown' })]).subject, {
      role: 'unknown',
      destination: '10.0.0.2:5432',
    });
  });

  it('the request on the first of the sample', () => {
    const asking = (request: string) => ({ signals: signals({ http: http('client', { request }) }) });
    const { sample, subject } = described([view(1, asking('GET /young')), view(50, asking('GET /old'))]);
    assert.equal(sample[0]?.connection_id, 'c50');
    assert.equal(subject.request, 'GET /old');
  });

  it('a pipe target by its class', () => {
    const piped = signals({ pipes: 1, pipeTarget: { name: 'Gzip', needsDrain: true } });
    assert.equal(described([view(1, { signals: piped })]).subject.pipe_target, 'Gzip');
  });

  it('observed when all were looked into, inferred when one was not', () => {
    assert.equal(described([view(1), view(2)]).confidence, 'observed');
    assert.equal(described([view(1), view(2, { signals: undefined })]).confidence, 'inferred');
  });
});

describe('what a finding of a stall says', () => {
  const stuck = { kind: 'stuck_write', cause: 'retransmitting' } as const;
  const orphaned = { kind: 'fin_wait_2_stall', cause: 'orphaned' } as const;
  const full = { descriptors: { limit: 100, usage: 99 } };

  it('as old as the last byte that the peer took, in whatever state', () => {
    const fields = { stateAge: 3600, progressAge: 1, ackProgressAge: 70, sendQueue: 13 };
    const { age_s, sample } = described([view(1, { ...fields, state: 'fin_wait_1' })], stuck);
    assert.equal(age_s, 70);
    assert.deepEqual([sample[0]?.age_s, sample[0]?.tx_queue], [70, 13]);
  });

  it('observed, although nobody looked into the JavaScript socket: the kernel says it all', () => {
    assert.equal(described([view(1, { signals: undefined })], stuck).confidence, 'observed');
  });

  it('an orphan holds no descriptor, and the limit of open files is none of its business', () => {
    const open = view(1, { state: 'fin_wait_2' });
    const gone = view(2, { state: 'fin_wait_2', released: true });
    assert.equal(described([gone], orphaned, full).severity, 'warning');
    assert.equal(described([open], { ...orphaned, cause: 'peer_keeps_open' }, full).severity, 'critical');
  });

  it('neither does what waits to be accepted; what another process holds may be ours to close', () => {
    const waiting = view(1, { unaccepted: true });
    assert.equal(described([waiting], { kind: 'close_wait_leak', cause: 'not_accepted' }, full).severity, 'warning');
    assert.equal(described([view(1, { released: true })], undefined, full).severity, 'critical');
  });
});
