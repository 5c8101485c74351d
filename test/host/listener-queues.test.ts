import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListenerFact } from '../../src/connection/host-fact.ts';
import type { Observation, Row } from '../../src/connection/observation.ts';
import { ListenerQueues } from '../../src/host/listener-queues.ts';
import type { Listener } from '../../src/sources/net/listeners.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { cookieFromNumber, inodeFrom, instant } from '../../src/tcp/identity.ts';
import type { AcceptQueueLength } from '../../src/tcp/tcp-info.ts';

const local = endpoint('0.0.0.0', 8080);
const [cookie, inode] = [cookieFromNumber(0xa1), inodeFrom(77)];

const ours: Listener = {
  local,
  cookie,
  inode,
  fd: 20,
  backlog: undefined,
  cluster: undefined,
  maxConnections: 5,
  connections: 2,
  site: undefined,
};

function row(fields: Partial<Row> = {}): Row {
  const id = { cookie, inode, tuple: { local, peer: endpoint('0.0.0.0', 0) } };
  const queue = { receiveQueue: 3, sendQueue: 128, drops: 7 };
  return { kind: 'row', source: 'sock_diag', at: instant(0), state: 'listen', id, ...queue, ...fields };
}

const ofProc = row({ source: 'procfs', id: { inode }, sendQueue: 0, drops: undefined });

interface Host {
  readonly listening?: readonly Row[];
  readonly somaxconn?: number;
  readonly told?: AcceptQueueLength;
}

async function look(listener: Partial<Listener>, { listening = [], somaxconn, told }: Host): Promise<ListenerFact[]> {
  const facts: ListenerFact[] = [];
  const report = (said: Observation) => {
    if (said.kind === 'host' && said.fact.name === 'listener') facts.push(said.fact.listener);
  };
  await new ListenerQueues({
    facts: { listening, sysctls: { somaxconn } },
    listeners: () => [{ ...ours, ...listener }],
    acceptQueue: () => told,
    now: () => instant(0),
    report,
  }).look();
  return facts;
}

async function queueOf(listener: Partial<Listener>, host: Host): Promise<unknown> {
  const [fact] = await look(listener, host);
  return fact && [fact.queue, fact.backlog, fact.backlogTold, fact.drops];
}

describe('a listener of ours and its row', () => {
  it('sock_diag: by its cookie; the kernel tells the limit and the drops', async () => {
    const { socket, maxConnections, connections } = (await look({}, { listening: [row()] }))[0] ?? assert.fail();
    assert.deepEqual([socket, maxConnections, connections], ['a1', 5, 2]);
    assert.deepEqual(await queueOf({}, { listening: [row()] }), [3, 128, true, 7]);
  });

  it('/proc: by its inode; the limit is what was asked for, within somaxconn', async () => {
    const host = { listening: [ofProc], somaxconn: 4096 };
    assert.deepEqual(await queueOf({ cookie: undefined }, host), [3, 511, false, undefined]);
    assert.deepEqual(await queueOf({ cookie: undefined, backlog: 8000 }, host), [3, 4096, false, undefined]);
    assert.deepEqual(await queueOf({ backlog: 9 }, { listening: [ofProc] }), [3, 9, false, undefined]);
  });

  it('/proc, and the descriptor can be asked → the limit is told', async () => {
    const host = { listening: [ofProc], told: { queue: 9, limit: 64 } };
    assert.deepEqual(await queueOf({}, host), [9, 64, true, undefined]);
  });

  it('no row, and the descriptor can be asked → the queue, and no drops', async () => {
    assert.deepEqual(await queueOf({}, { told: { queue: 2, limit: 64 } }), [2, 64, true, undefined]);
  });

  it('the same address, another socket → not ours', async () => {
    const other = row({ id: { cookie: cookieFromNumber(0xb2), inode: inodeFrom(78), tuple: row().id.tuple } });
    assert.deepEqual(await look({}, { listening: [other] }), []);
  });

  it('a worker whose primary accepts for it has no queue', async () => {
    const worker: Partial<Listener> = { cluster: 'worker', fd: -1, cookie: undefined, inode: undefined };
    assert.deepEqual(await look(worker, { listening: [row()] }), []);
  });

  it('whether nothing else listens', async () => {
    const other = row({ id: { inode: inodeFrom(78) } });
    assert.equal((await look({}, { listening: [row()] }))[0]?.alone, true);
    assert.equal((await look({}, { listening: [row(), other] }))[0]?.alone, false);
    // Two looks have shown the same one.
    assert.equal((await look({}, { listening: [row(), row()] }))[0]?.alone, true);
    assert.equal((await look({}, { told: { queue: 0, limit: 1 } }))[0]?.alone, false);
  });
});
