import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inNamespace, namespaceNeeds } from './namespace.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

type Points = readonly (readonly [Readonly<Record<string, string | number>>, number])[];

interface Said {
  readonly thread?: number;
  readonly metrics?: Readonly<Record<string, Points>>;
  readonly done?: true;
}

const tools = ['ss', 'nstat', 'nsenter'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const needs = namespaceNeeds || (tools.length === 0 ? false : `needs ${tools.join(', ')}`);

/** 1,990 ephemeral ports: too many for a verdict to want a census of so few connections. */
const setUp = (reuse: number) => [
  'ip link set lo up',
  'ip addr add 10.99.0.2/32 dev lo',
  `sysctl -qw net.ipv4.ip_local_port_range="20000 21999" net.ipv4.ip_local_reserved_ports=20100-20109`,
  `sysctl -qw net.ipv4.tcp_tw_reuse=${reuse}`,
];

interface How {
  readonly reuse?: number;
  /** Set up in the namespace besides. */
  readonly more?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function app(mode: string, sources: string, { reuse = 0, more = [], env = {} }: How = {}): Program {
  return new Program(['--import', register, fixture('measured-places.mjs'), mode], {
    env: { SYNFIN_SOURCES: sources, SYNFIN_INTERVAL_MS: '400', SYNFIN_FINDINGS: 'json', ...env },
    under: inNamespace(...setUp(reuse), ...more),
    limitMs: 110_000,
  });
}

/** What a program of the host says, in the namespace of that one. */
function there(program: Program, ...command: readonly string[]): string {
  return execFileSync('nsenter', ['-t', `${program.pid}`, '-n', ...command], { encoding: 'utf8' });
}

const said = ({ stdout }: Program) => jsonLines<Said>(stdout);

/** What was collected last, by one thread. */
const collected = (program: Program, thread = 0) =>
  said(program).findLast((one) => one.metrics && one.thread === thread)?.metrics ?? {};

/** The values of a metric, by where: `local>peer:port`, or the port of ours, or nothing. */
function values(points: Points | undefined): Record<string, number> {
  const named = (points ?? []).map(([of, value]) => {
    const peer = of['network.peer.address'];
    const where = `${of['network.local.address']}>${peer}:${of['network.peer.port']}`;
    return [peer === undefined ? `${of['server.port'] ?? ''}` : where, value] as const;
  });
  return Object.fromEntries(named.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Without those that are 0: of a connection that was there for a moment, too, a series stays. */
function some(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Sockets as ss shows them: by where they go, if their own port is one that the kernel gives away, or by that port. */
function ss(program: Program, ...states: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of there(program, 'ss', '-Htan', ...states).split('\n')) {
    const [local, peer] = line.trim().split(/\s+/).slice(-2);
    const [address, port] = local?.split(':') ?? [];
    if (peer === undefined || port === undefined || peer.endsWith(':*')) continue;
    const where = Number(port) >= 20_000 && Number(port) <= 21_999 ? `${address}>${peer}` : port;
    counts[where] = (counts[where] ?? 0) + 1;
  }
  return counts;
}

/** Until what was collected is what the host says, or there is no more patience: then what they said last. */
async function untilAlike<Value>(ours: () => Value, theirs: () => Value): Promise<[Value, Value]> {
  const deadline = performance.now() + 50_000;
  for (;;) {
    const pair: [Value, Value] = [ours(), theirs()];
    if (JSON.stringify(pair[0]) === JSON.stringify(pair[1]) || performance.now() > deadline) return pair;
    await sleep(500);
  }
}

/** What there is to see, as soon as it is so, or when there is no more patience. */
async function until<Value>(look: () => Value, is: (value: Value) => boolean): Promise<Value> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = look();
    if (is(value) || performance.now() > deadline) return value;
    await sleep(200);
  }
}

const isDone = (program: Program) => (said(program).some(({ done }) => done) ? true : undefined);

const skipOf = (sources: string) => needs || (sources === 'sock_diag' && kernelNeeds);
const [toOne, toOther, rest] = ['127.0.0.1>127.0.0.1:5001', '10.99.0.2>10.99.0.2:5002', '_OTHER>_OTHER:_OTHER'];

describe('TIME_WAITs and ports of a service that is well', { concurrency: 2 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'synfin-places-'));
  after(() => rmSync(directory, { recursive: true }));

  for (const sources of ['sock_diag', 'procfs']) {
    it(`${sources}: towards two destinations and at a port of ours, as ss counts them`, {
      skip: skipOf(sources),
    }, async () => {
      const recording = join(directory, `${sources}.ndjson`);
      const program = app('places', sources, { env: { SYNFIN_RECORD: recording } });
      try {
        await program.waitFor('its end', isDone);
        const [ours, theirs] = await untilAlike(
          () => some(values(collected(program)['synfin.tcp.time_wait.count'])),
          () => Object.fromEntries(Object.entries(ss(program, 'state', 'time-wait')).toSorted()),
        );
        assert.deepEqual(ours, theirs);
        assert.deepEqual(
          Object.entries(ours).toSorted(),
          Object.entries({ [toOne]: 30, [toOther]: 12, 5003: 7 }).toSorted(),
        );
        const metrics = collected(program);
        const of = (name: string) => some(values(metrics[`synfin.tcp.ephemeral_port.${name}`]));
        assert.equal(of('usage')[toOther], ss(program)[toOther]);
        // Those that went to port 5003 hung up second: nothing of them is left on this side.
        assert.deepEqual(of('usage'), { [toOther]: 17, [toOne]: 30 });
        assert.deepEqual(of('limit'), { [toOther]: 1990, [toOne]: 1990, [rest]: 1990 });
        assert.deepEqual(of('utilization'), { [toOther]: 17 / 1990, [toOne]: 30 / 1990 });
        // No verdict heard of it, nor will a replay.
        assert.deepEqual(jsonLines(program.stderr), []);
        const facts = await until(
          () => readFileSync(recording, 'utf8'),
          (text) => text.includes('"counters"'),
        );
        assert.deepEqual([facts.includes('"counters"'), facts.includes('census')], [true, false]);
      } finally {
        program.stop();
        await program.ended;
      }
    });
  }

  it('tcp_tw_reuse=1: TIME_WAITs take no ports', { skip: skipOf('procfs') }, async () => {
    const program = app('places', 'procfs', { reuse: 1 });
    try {
      await program.waitFor('its end', isDone);
      const taken = () => values(collected(program)['synfin.tcp.ephemeral_port.usage'])[toOther];
      const [ours, theirs] = await untilAlike(taken, () => 5);
      assert.equal(ours, theirs);
      assert.ok((values(collected(program)['synfin.tcp.time_wait.count'])[toOther] ?? 0) > 0);
    } finally {
      program.stop();
      await program.ended;
    }
  });
});

const overflows = (program: Program, thread?: number) =>
  values(collected(program, thread)['synfin.tcp.accept_queue.overflows']);
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, one) => all + one, 0);

function kernelCounts(program: Program, counter = 'TcpExtListenOverflows'): number {
  return Number(there(program, 'nstat', '-asz', counter).match(new RegExp(`${counter} +(\\d+)`))?.[1]);
}

/*
 *   loop ▁███▁███▁███▁███▁███     10 places, 60 clients at once, five times
 */
describe('an accept queue that overflows', { concurrency: 2 }, () => {
  for (const sources of ['sock_diag', 'procfs']) {
    it(`${sources}: what the kernel has counted, at the port, each once`, { skip: skipOf(sources) }, async () => {
      const program = app('crowded', sources);
      try {
        await program.waitFor('its end', isDone);
        const [ours, theirs] = await untilAlike(
          () => sum(overflows(program)),
          () => kernelCounts(program),
        );
        assert.ok(theirs > 20, `${theirs}`);
        assert.equal(ours, theirs);
        assert.deepEqual(overflows(program), { '': 0, 8080: theirs });
        const { 8080: limit } = values(collected(program)['synfin.tcp.accept_queue.limit']);
        assert.equal(limit, 10);
        assert.deepEqual(values(collected(program)['synfin.tcp.syn_queue.drops']), { '': 0 });
      } finally {
        program.stop();
        await program.ended;
      }
    });

    it(`${sources}: how many wait, while nobody takes them`, { skip: skipOf(sources) }, async () => {
      const program = app('full', sources, { env: { UV_THREADPOOL_SIZE: '1' } });
      const most = () => values(collected(program)['synfin.tcp.accept_queue.usage'])[8080] ?? 0;
      try {
        await program.waitFor('a queue', () => (most() > 0 ? true : undefined));
        assert.ok(most() <= 11, `${most()}`);
      } finally {
        program.stop();
        await program.ended;
      }
    });
  }

  it('a worker thread’s: the main thread counts it without a port, and both together count it once', {
    skip: skipOf('sock_diag'),
  }, async () => {
    const program = app('thread', 'sock_diag');
    try {
      await program.waitFor('its end', isDone);
      const [ours, theirs] = await untilAlike(
        () => sum(overflows(program)) + sum(overflows(program, 1)),
        () => kernelCounts(program),
      );
      assert.ok(theirs > 20, `${theirs}`);
      assert.equal(ours, theirs);
      assert.deepEqual(overflows(program), { '': theirs, 8081: 0 });
      assert.deepEqual(values(collected(program, 1)['synfin.tcp.accept_queue.limit']), { 8080: 10 });
    } finally {
      program.stop();
      await program.ended;
    }
  });
});

describe('a SYN queue that is full', () => {
  const tried = (...command: readonly string[]) => spawnSync('unshare', ['-n', ...command]).status === 0;
  const lossy = ['ip link add v0 type veth peer name v1', 'ip link set v0 arp off', 'ip addr add 10.9.0.1/24 dev v0'];
  const up = ['ip link set v0 up', 'ip link set v1 up'];
  const skip =
    skipOf('sock_diag') ||
    (tried('sh', '-c', [...lossy, 'python3 -c ""'].join(' && ')) ? false : 'needs veth and python3');

  it('without cookies: as many drops as the kernel has counted, without a port', { skip }, async () => {
    const program = app('syns', 'sock_diag', { more: [...lossy, ...up, 'sysctl -qw net.ipv4.tcp_syncookies=0'] });
    const drops = () => values(collected(program)['synfin.tcp.syn_queue.drops']);
    try {
      await program.waitFor('a look', () => (drops()[''] === undefined ? undefined : true));
      there(program, 'python3', fixture('syns.py'), '10.9.0.1', '8080', '500', '2');
      const counted = () => kernelCounts(program, 'TcpExtTCPReqQFullDrop');
      const [ours, theirs] = await untilAlike(drops, () => ({ '': counted() }));
      assert.ok(counted() > 100, `${counted()}`);
      assert.deepEqual(ours, theirs);
    } finally {
      program.stop();
      await program.ended;
    }
  });
});
