import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

type Told = Finding & { readonly message: string; readonly advice: string };

const notRoot = process.getuid?.() === 0 ? false : 'needs root';
const namespaces = notRoot || (spawnSync('unshare', ['-n', 'true']).status === 0 ? false : 'needs unshare -n');
const python = spawnSync('python3', ['-c', '']).status === 0 ? false : 'needs python3';
const veth =
  namespaces ||
  (spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1']).status === 0
    ? false
    : 'needs veth');

const findings = (program: Program) => jsonLines<Told>(program.stderr).filter(({ kind }) => kind !== undefined);

interface How {
  readonly sources?: string;
  readonly backlog?: number;
  readonly uid?: number;
  /** Run before it, in its network namespace. */
  readonly first?: string;
}

/** In a network namespace of its own, which goes with it. */
function app(mode: string, { sources = 'sock_diag', backlog = 10, uid = 0, first = 'true' }: How = {}): Program {
  const user = uid === 0 ? '' : `setpriv --reuid=${uid} --regid=${uid} --clear-groups`;
  const under = ['unshare', '-n', 'sh', '-c', `ip link set lo up && ${first} && exec ${user} "$0" "$@"`];
  const env = { SYNFIN_FINDINGS: 'json', SYNFIN_INTERVAL_MS: '500', SYNFIN_SOURCES: sources };
  const args = ['--import', register, fixture('queues.mjs'), mode, `${backlog}`];
  return new Program(args, { env, under, limitMs: 150_000 });
}

/**
 * As it is told when this is its cause: on a host that is busy with other things, the event loop of any program is held
 * now and then, and the cause becomes clear in time.
 */
async function finding(program: Program, kind: Told['kind'], cause: Told['cause']): Promise<Told> {
  try {
    return await program.waitFor(cause, () =>
      findings(program).find((told) => told.kind === kind && told.cause === cause && told.count > 0),
    );
  } finally {
    program.stop();
    await program.ended;
  }
}

const ways = [
  { sources: 'sock_diag', uid: 0, confidence: 'observed' },
  { sources: 'sock_diag', uid: 65_534, confidence: 'observed' },
  { sources: 'procfs', uid: 0, confidence: 'inferred' },
  { sources: 'procfs', uid: 65_534, confidence: 'inferred' },
];
const skipOf = (sources: string) => namespaces || (sources === 'sock_diag' && kernelNeeds);

/*
 *   idle      loop ▁▁▁▁▁▁▁▁▁     10 places, 60 clients at once
 *   blocked   loop ▁███▁▁███    150 places, 60 clients at once: room for them all but for 1.5 s at a time
 */
describe('an accept queue that is full, with the real kernel', { concurrency: 2 }, () => {
  for (const { sources, uid, confidence } of ways) {
    it(`${sources}, uid ${uid}: the loop is free, the backlog is 10 → backlog_too_small`, {
      skip: skipOf(sources),
    }, async () => {
      const program = app('idle', { sources, uid });
      const { subject, count, sample, ...rest } = await finding(program, 'accept_queue', 'backlog_too_small');
      assert.deepEqual([subject.limit, rest.confidence], [10, confidence]);
      assert.match(subject.listener ?? '', /^127\.0\.0\.1:\d+$/);
      assert.match(sample[0]?.call_site[0] ?? '', /^listen \(.*queues\.mjs:/);
      assert.ok(count > 1 && Number(subject.kernel?.somaxconn) > 10 && subject.loop_blocked_ms === undefined);
      assert.match(rest.message, /attempts to connect at 127\.0\.0\.1:\d+ were turned away/);
      assert.match(rest.advice, /backlog/);
    });

    it(`${sources}, uid ${uid}: the loop is blocked for 1.5 s at a time → loop_blocked`, {
      skip: skipOf(sources),
    }, async () => {
      const program = app('blocked', { sources, uid, backlog: 150 });
      const { subject, message, ...rest } = await finding(program, 'accept_queue', 'loop_blocked');
      assert.equal(rest.confidence, confidence);
      assert.ok((subject.loop_blocked_ms ?? 0) >= 500, `${subject.loop_blocked_ms}`);
      assert.match(message, /The event loop was held for \d/);
    });
  }

  it('as long as somaxconn → overflow', { skip: skipOf('sock_diag') }, async () => {
    const program = app('idle', { backlog: 511, first: 'sysctl -qw net.core.somaxconn=10' });
    const { subject } = await finding(program, 'accept_queue', 'overflow');
    assert.deepEqual([subject.limit, subject.kernel], [10, { somaxconn: 10 }]);
  });

  it('in a worker thread → its own finding, with its line', { skip: namespaces }, async () => {
    const { sample } = await finding(app('thread'), 'accept_queue', 'backlog_too_small');
    assert.match(sample[0]?.call_site[0] ?? '', /queues\.mjs:/);
  });

  for (const sources of ['sock_diag', 'procfs']) {
    it(`${sources}, cluster, round robin → the primary’s`, { skip: skipOf(sources) }, async () => {
      const program = app('cluster-rr', { sources });
      const { subject, message } = await finding(program, 'accept_queue', 'backlog_too_small');
      assert.deepEqual([subject.cluster, subject.limit], ['primary', 10]);
      assert.match(message, /in a cluster the queue belongs to the primary/i);
    });

    it(`${sources}, cluster, SCHED_NONE → the one that the workers share`, { skip: skipOf(sources) }, async () => {
      const program = app('cluster-none', { sources });
      const { subject, message } = await finding(program, 'accept_queue', 'backlog_too_small');
      assert.equal(subject.cluster, 'worker');
      assert.match(message, /all its workers share/);
    });

    it(`${sources}: another process’s queue overflows, ours has room → nothing`, {
      skip: skipOf(sources),
    }, async () => {
      await staysQuiet(app('beside', { sources, backlog: 511 }));
    });

    it(`${sources}: a busy HTTP server whose queue has room → nothing`, { skip: skipOf(sources) }, async () => {
      await staysQuiet(app('healthy', { sources }));
    });
  }
});

/** Through some sixteen looks. */
async function staysQuiet(program: Program): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 8000));
  program.stop();
  const { stderr } = await program.ended;
  assert.deepEqual(findings(program), [], stderr);
}

/** A network whose answers get lost: the other end of its cable is in no use. */
const lossy = [
  'ip link add v0 type veth peer name v1',
  'ip link set v0 arp off',
  'ip addr add 10.9.0.1/24 dev v0',
  'ip link set v0 up',
  'ip link set v1 up',
];

async function flooded(how: How, sysctls: readonly string[], rate = 500): Promise<Program> {
  const set = sysctls.map((sysctl) => `sysctl -qw net.ipv4.${sysctl}`);
  const program = app('syns', { ...how, first: [...lossy, ...set].join(' && ') });
  await program.waitFor('it listens', ({ stdout }) => (stdout.includes('listening') ? true : undefined));
  const enter = ['-t', `${program.pid}`, '-n', 'python3', fixture('syns.py'), '10.9.0.1', '8080', `${rate}`, '120'];
  const syns = spawn('nsenter', enter, { stdio: 'ignore' });
  void program.ended.then(() => syns.kill('SIGKILL'));
  return program;
}

/*
 *   somebody ── SYN, SYN, SYN ──▶ kernel ── SYN+ACK, SYN+ACK, SYN+ACK ──▶ (nobody)
 */
describe('a SYN queue that is full, with the real kernel', { concurrency: 2 }, () => {
  const skip = python || veth;
  for (const sources of ['sock_diag', 'procfs']) {
    const without = skip || skipOf(sources);

    it(`${sources}, tcp_syncookies=1 → cookies_sent`, { skip: without }, async () => {
      const program = await flooded({ sources, backlog: 64 }, ['tcp_syncookies=1']);
      const { severity, subject, count } = await finding(program, 'syn_flood', 'cookies_sent');
      assert.deepEqual([severity, subject.limit], ['warning', 64]);
      assert.ok(count >= 64);
    });

    it(`${sources}, tcp_syncookies=0 → syn_queue_full, though the listener’s drops grow`, {
      skip: without,
    }, async () => {
      const program = await flooded({ sources, backlog: 64 }, ['tcp_syncookies=0']);
      const { severity, sample } = await finding(program, 'syn_flood', 'syn_queue_full');
      assert.equal(severity, 'critical');
      assert.deepEqual(
        findings(program).filter(({ kind }) => kind !== 'syn_flood'),
        [],
      );
      assert.match(sample[0]?.call_site[0] ?? '', /queues\.mjs:/);
    });
  }

  it('a short tcp_max_syn_backlog, no cookies → three quarters of it', { skip: skip || kernelNeeds }, async () => {
    const sysctls = ['tcp_syncookies=0', 'tcp_max_syn_backlog=128'];
    const { subject } = await finding(await flooded({ backlog: 511 }, sysctls), 'syn_flood', 'syn_queue_full');
    assert.equal(subject.limit, 96);
  });

  it('a tiny backlog, cookies now and then → nothing', { skip: skip || kernelNeeds }, async () => {
    await staysQuiet(await flooded({ backlog: 2 }, ['tcp_syncookies=1'], 20));
  });
});
