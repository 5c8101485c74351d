import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Observation, Row } from '../../../src/connection/observation.ts';
import { NotSupportedError } from '../../../src/errors.ts';
import { loadLibc } from '../../../src/ffi/libc.ts';
import { now } from '../../../src/monotonic.ts';
import { ProcSource, type ProcSourceOptions } from '../../../src/sources/proc/proc-source.ts';
import { dump, rowsTo } from '../../../src/sources/sock-diag/dump.ts';
import type { OwnLook } from '../../../src/sources/source.ts';
import { fourTupleKey } from '../../../src/tcp/endpoint.ts';
import type { SocketIdentity } from '../../../src/tcp/identity.ts';
import { kernelNeeds } from '../../system/run.ts';
import { freeLook, freePace } from '../looks.ts';
import { Running } from '../running.ts';
import { procFixture, read, tableLines } from './proc-fixture.ts';

const blind: OwnLook = { asksKernel: false, sweep: async () => {} };

function procSource(procRoot: string, options: Partial<ProcSourceOptions> = {}): ProcSource {
  const rest = {
    now,
    pace: freePace(),
    own: () => blind,
    suspects: () => [],
    remembers: () => false,
    sweepNamespace: true,
  };
  return new ProcSource({ procRoot, ...rest, ...options });
}

/** `state local port`, for a row of the captured table. */
const named = ({ state, id }: Row) => `${state} ${id.tuple?.local.port}`;

describe('ProcSource, over a captured /proc', () => {
  let root: string;
  const header = procFixture('tcp').toString('latin1').split('\n', 1)[0] ?? '';
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(root, 'net', name), [header, ...lines, ''].join('\n'), 'latin1');
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'synfin-proc-net-'));
    mkdirSync(join(root, 'net'));
    write('tcp', tableLines('tcp'));
    write('tcp6', tableLines('tcp6'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('tells of what is open and in no lasting healthy state, of unread bytes, of all in CLOSE_WAIT, and of listeners', async () => {
    const running = new Running(procSource(root));
    await running.sweeps(1);
    await running.stop();
    const queues = running.rows.filter(({ state }) => state === 'listen');
    assert.ok(queues.length > 0);
    const connections = running.rows.filter((row) => !queues.includes(row));
    const fixed = connections.filter(
      ({ id }) => (id.tuple?.local.port ?? 0) > 40_000 && (id.tuple?.local.port ?? 0) < 40_012,
    );
    assert.deepEqual(
      new Set(fixed.map(named)),
      new Set([
        // Nobody has accepted it yet.
        'close_wait 40001',
        'established 40002',
        'close_wait 40003',
        'close_wait 40004',
        'syn_sent 40006',
        'closing 40008',
      ]),
    );
    // The ends that have another port: FIN_WAIT2 and three times FIN_WAIT1, all with an owner.
    const others = connections.filter((row) => !fixed.includes(row));
    assert.deepEqual(others.map(({ state }) => state).toSorted(), [
      'fin_wait_1',
      'fin_wait_1',
      'fin_wait_1',
      'fin_wait_2',
    ]);
    assert.ok(others.every(({ id }) => id.inode !== undefined));
  });

  it('only the second whole sweep proves absence, and says that it began with the first', async () => {
    const running = new Running(procSource(root));
    await running.sweeps(3);
    await running.stop();
    const [first, second, third] = running.ends;
    assert.deepEqual([first?.whole, second?.whole, third?.whole], [false, true, true]);
    assert.equal(second?.startedAt, first?.startedAt);
    assert.ok(first && second && third && third.startedAt > first.at && third.startedAt < second.at);
  });

  it('a line that was not understood → counted, quoted once, the sweep not whole; the others count', async () => {
    const [first = '', ...rest] = tableLines('tcp');
    write('tcp', [`${first.slice(0, 20)}\x1b[2J`, ...rest]);
    const running = new Running(procSource(root));
    await running.sweeps(3);
    await running.stop();
    assert.ok(running.ends.every(({ whole }) => !whole));
    assert.deepEqual(
      running.lost.map(({ count }) => count),
      [1, 1, 1],
    );
    assert.match(running.lost[0]?.what ?? '', /proc\/net\/tcp.*" {3}0: 0100010A:9C47 \\x1b\[2J"/);
    assert.doesNotMatch(running.lost[1]?.what ?? '', /"/);
    assert.ok(running.rows.some((row) => named(row) === 'close_wait 40003'));
  });

  it('a row that the kernel shows twice is told once', async () => {
    const lines = tableLines('tcp');
    write('tcp', [...lines, ...lines, ...lines]);
    const running = new Running(procSource(root));
    await running.sweeps(1);
    await running.stop();
    assert.equal(running.rows.filter((row) => named(row) === 'close_wait 40003').length, 1);
  });

  it('a suspicious connection that is well again → told; another healthy one → not', async () => {
    const [line = ''] = tableLines('tcp').filter((one) => one.includes(':9B97 0100007F:9C42 01'));
    const healthy = read(line) as Row;
    for (const id of [healthy.id, { tuple: healthy.id.tuple }, { inode: healthy.id.inode }]) {
      const running = new Running(procSource(root, { suspects: () => [{ id }] }));
      await running.sweeps(1);
      await running.stop();
      const told = running.rows.filter(({ state, receiveQueue }) => state === 'established' && receiveQueue === 0);
      assert.deepEqual(
        told.map(({ id: { inode } }) => inode),
        [healthy.id.inode],
      );
    }
  });

  it('looks at states: all their rows, with owner or without', async () => {
    const seen: Observation[] = [];
    const source = procSource(root);
    await source.look({ kind: 'states', states: ['time_wait', 'syn_received', 'fin_wait_2'] }, (one) => seen.push(one));
    const rows = seen.filter((one) => one.kind === 'row');
    assert.deepEqual(rows.map(({ state }) => state).toSorted(), [
      'fin_wait_2',
      'fin_wait_2',
      'fin_wait_2',
      'syn_received',
      'time_wait',
    ]);
    assert.deepEqual(
      seen.filter((one) => one.kind === 'sweep_end').map(({ states }) => states.length),
      [3],
    );
  });

  it('looks at one socket, by inode or by four-tuple', async () => {
    const wanted = read(tableLines('tcp6')[1] ?? '') as Row;
    const asked: SocketIdentity[] = [{ inode: wanted.id.inode }, { tuple: wanted.id.tuple }];
    for (const id of asked) {
      const seen: Observation[] = [];
      await procSource(root).look({ kind: 'socket', id }, (one) => seen.push(one));
      assert.deepEqual(
        seen.map((one) => one.kind === 'row' && one.id),
        [wanted.id],
      );
    }
  });

  it('no tcp6 → a host without IPv6, and a whole sweep', async () => {
    rmSync(join(root, 'net', 'tcp6'));
    assert.equal(await procSource(root).probe(), undefined);
    const running = new Running(procSource(root));
    await running.sweeps(2);
    await running.stop();
    assert.equal(running.ends[1]?.whole, true);
  });

  it('no tcp → refused, with what would make it work; when it goes, run rejects with the same at once', async () => {
    const running = new Running(procSource(root));
    await running.sweeps(1);
    rmSync(join(root, 'net'), { recursive: true });
    const error = await running.over;
    assert.ok(error instanceof NotSupportedError && error.message.includes('ENOENT'), `${error}`);
    assert.equal((await procSource(root).probe())?.requirement, 'Linux with /proc mounted');
  });

  it('an empty file in its place, as a container may mask it → refused: it proves nothing', async () => {
    writeFileSync(join(root, 'net', 'tcp'), '');
    const refusal = await procSource(root).probe();
    assert.ok(refusal instanceof NotSupportedError);
    assert.match(refusal.message, /is empty/);
  });

  it('another table than was expected → refused, quoted', async () => {
    write('tcp', ['sockets: used 3']);
    rmSync(join(root, 'net', 'tcp6'));
    assert.match((await procSource(root).probe())?.message ?? '', /"sockets: used 3"/);
  });

  it('one thread reads the table for all where each looks at its own sockets; where not, each reads it', async () => {
    for (const [asksKernel, rows] of [
      [true, false],
      [false, true],
    ] as const) {
      const own = () => ({ ...blind, asksKernel });
      const running = new Running(procSource(root, { own, sweepNamespace: false }));
      await running.sweeps(1);
      await running.stop();
      assert.equal(running.rows.length > 0, rows);
    }
  });

  it('what looking costs is counted', async () => {
    const source = procSource(root);
    const running = new Running(source);
    await running.sweeps(3);
    await running.stop();
    const { looks, cpuMs } = source.spent();
    assert.ok(looks >= 3 && cpuMs > 0);
  });
});

describe('ProcSource, over the real /proc', { skip: kernelNeeds }, () => {
  it('shows the same sockets as sock_diag: LISTEN, ESTABLISHED, CLOSE_WAIT and FIN_WAIT2, IPv4 and IPv4-mapped', async () => {
    const open: { destroy?: () => void; close?: () => void }[] = [];
    const ports: number[] = [];
    for (const host of ['127.0.0.1', '::']) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => open.push(socket));
      open.push(server);
      await once(server.listen(0, host), 'listening');
      const { port } = server.address() as AddressInfo;
      ports.push(port);
      const [stays, ends] = [connect(port, '127.0.0.1'), connect({ port, host: '127.0.0.1', allowHalfOpen: true })];
      open.push(stays, ends);
      await Promise.all([once(stays, 'connect'), once(ends, 'connect')]);
      ends.end('bye');
      await once(ends, 'finish');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const states = ['listen', 'established', 'close_wait', 'fin_wait_2'] as const;
    const [byProc, bySockDiag]: [Row[], Row[]] = [[], []];
    const into = (rows: Row[]) => (one: Observation) => void (one.kind === 'row' && rows.push(one));
    const { signal } = new AbortController();
    await procSource('/proc').look({ kind: 'states', states }, into(byProc));
    await dump(loadLibc(), states, rowsTo(into(bySockDiag)), { now, signal, look: freeLook() });
    const facts = (rows: Row[]) =>
      rows
        .filter(({ id }) => ports.includes(id.tuple?.local.port ?? 0) || ports.includes(id.tuple?.peer.port ?? 0))
        .map(({ id, state, receiveQueue, uid }) =>
          [id.tuple && fourTupleKey(id.tuple), id.inode, state, receiveQueue, uid].join(' '),
        )
        .toSorted();
    assert.equal(facts(byProc).length, 10);
    assert.deepEqual(facts(byProc), facts(bySockDiag));
    for (const one of open) (one.destroy ?? one.close)?.call(one);
  });
});
