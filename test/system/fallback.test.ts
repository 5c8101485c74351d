import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

/** What the program says of itself every 100 ms. */
interface Status {
  readonly sources: Readonly<Record<string, string>>;
  /** Of its connections in CLOSE_WAIT. */
  readonly ids: readonly string[];
  readonly findings: readonly Pick<Finding, 'id' | 'kind' | 'cause' | 'age_s' | 'count'>[];
  readonly koffi?: boolean;
}

const env = {
  SYNFIN_FINDINGS: 'json',
  SYNFIN_INTERVAL_MS: '100',
  SYNFIN_CPU_BUDGET: '1',
  SYNFIN_CLOSE_WAIT_MS: '300',
};

function app(mode: string, sources: string, under: readonly string[] = [], flags: readonly string[] = []): Program {
  const args = [...flags, '--import', register, fixture('fallback.mjs'), mode];
  return new Program(args, { env: { ...env, SYNFIN_SOURCES: sources }, under, limitMs: 60_000 });
}

/** The next status in which this source runs and so many connections are in a finding. */
function runsWith(program: Program, source: string, count = 1): Promise<Status> {
  const before = jsonLines<Status>(program.stdout).length;
  return program.waitFor(`${source} running`, ({ stdout }) =>
    jsonLines<Status>(stdout)
      .slice(before)
      .find(({ sources, findings }) => {
        const counted = findings.reduce((sum, finding) => sum + finding.count, 0);
        return sources?.[source] === 'running' && counted >= count;
      }),
  );
}

/** The same connection is in the same finding, which has grown older and was neither cleared nor raised again. */
function assertGoesOn(program: Program, before: Status, after: Status): void {
  assert.deepEqual(after.ids, before.ids);
  assert.deepEqual(
    after.findings.map(({ id, cause }) => [id, cause]),
    before.findings.map(({ id, cause }) => [id, cause]),
  );
  assert.ok((after.findings[0]?.age_s ?? 0) >= (before.findings[0]?.age_s ?? 0));
  const told = jsonLines<Finding>(program.stderr).filter(({ kind }) => kind !== undefined);
  assert.deepEqual(
    told.map(({ status }) => status),
    ['raised'],
    program.stderr,
  );
}

const raised = ({ stderr }: Program) => jsonLines<Finding>(stderr).filter(({ kind }) => kind !== undefined);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const notRoot = process.getuid?.() === 0 ? false : 'needs root';
const namespaces =
  kernelNeeds || notRoot || (spawnSync('unshare', ['-m', '-n', 'true']).status === 0 ? false : 'needs unshare -m -n');
const alone = ['unshare', '-m', '-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];

/** In the mount namespace of the program. */
function inside(program: Program, ...command: string[]): void {
  const { status, stderr } = spawnSync('nsenter', ['-t', `${program.pid}`, '-m', ...command], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

describe('falling from source to source, with the real kernel', { concurrency: 2 }, () => {
  it('/proc goes → sock_diag looks; it comes back → procfs does; same connection, same finding', {
    skip: namespaces,
  }, async () => {
    const program = app('plain', 'procfs,sock_diag', alone);
    const first = await runsWith(program, 'procfs');
    inside(program, 'mount', '-t', 'tmpfs', 'none', '/proc');
    const second = await runsWith(program, 'sock_diag');
    assert.notEqual(second.sources.procfs, 'running');
    await wait(500);
    assertGoesOn(program, first, await runsWith(program, 'sock_diag'));
    inside(program, 'umount', '-n', '-i', '/proc');
    const third = await runsWith(program, 'procfs');
    assert.equal(third.sources.sock_diag, 'waiting');
    await wait(500);
    assertGoesOn(program, second, await runsWith(program, 'procfs'));
    program.stop();
    const notices = jsonLines<{ notice?: string }>((await program.ended).stderr).flatMap(({ notice }) => notice ?? []);
    assert.match(notices[0] ?? '', /procfs broke.*\/proc\/net\/tcp gave ENOENT.*Source sock_diag looks instead/);
    assert.match(notices[1] ?? '', /procfs can run again, and looks instead of sock_diag/);
    assert.equal(notices.length, 2);
  });

  it('AF_NETLINK is denied at run time → procfs looks, our own sockets still by descriptor; same finding', {
    skip: kernelNeeds || (['x64', 'arm64'].includes(process.arch) ? false : 'needs x64 or arm64'),
  }, async () => {
    const program = app('seccomp', 'auto');
    const first = await runsWith(program, 'sock_diag');
    const second = await runsWith(program, 'procfs');
    assert.notEqual(second.sources.sock_diag, 'running');
    await wait(500);
    assertGoesOn(program, first, await runsWith(program, 'procfs'));
    program.stop();
    assert.match((await program.ended).stderr, /sock_diag broke.*EPERM.*AF_NETLINK.*Source procfs looks instead/);
  });

  it('native addons are not allowed → procfs from the start', { skip: kernelNeeds }, async () => {
    const program = app('plain', 'auto', [], ['--no-addons']);
    const { sources, ids, koffi } = await runsWith(program, 'procfs');
    assert.deepEqual([sources.sock_diag, koffi], ['refused', false]);
    assert.match(ids[0] ?? '', /^ino:\d+$/);
    program.stop();
    assert.match(
      (await program.ended).stderr,
      /sock_diag cannot run here.*--allow-addons.*Source procfs looks instead/,
    );
  });

  it('procfs alone → koffi is never loaded', { skip: kernelNeeds }, async () => {
    const program = app('plain', 'procfs');
    assert.equal((await runsWith(program, 'procfs')).koffi, false);
    program.stop();
  });

  for (const source of ['sock_diag', 'procfs'])
    it(`${source} as nobody, without any privilege → the same finding`, { skip: kernelNeeds || notRoot }, async () => {
      const program = app('nobody', source);
      const { findings } = await runsWith(program, source);
      assert.deepEqual(
        findings.map(({ kind, cause, count }) => [kind, cause, count]),
        [['close_wait_leak', 'paused', 1]],
      );
      program.stop();
    });

  for (const sources of ['procfs', 'sock_diag'])
    it(`a leak in each of two threads, by ${sources} → each is told of by its own thread, as what it is`, {
      skip: kernelNeeds,
    }, async () => {
      const program = app('worker', sources);
      await program.waitFor('two findings', (one) => (raised(one).length >= 2 ? true : undefined));
      // A false alarm would come with the next looks.
      await wait(1500);
      program.stop();
      await program.ended;
      assert.deepEqual(
        raised(program).map(({ status, cause, count }) => [status, cause, count]),
        [
          ['raised', 'paused', 1],
          ['raised', 'paused', 1],
        ],
        program.stderr,
      );
    });

  for (const sources of ['procfs', 'sock_diag'])
    it(`a leak in a thread that has no turn for a while, by ${sources} → told of by that thread, as what it is`, {
      skip: kernelNeeds,
    }, async () => {
      const program = app('busy', sources);
      await program.waitFor('a finding', (one) => (raised(one).length >= 1 ? true : undefined));
      await wait(1500);
      program.stop();
      await program.ended;
      assert.deepEqual(
        raised(program).map(({ status, cause, count }) => [status, cause, count]),
        [['raised', 'paused', 1]],
        program.stderr,
      );
    });

  it('in one that never has a turn again → nobody says what only that thread could know', {
    skip: kernelNeeds,
  }, async () => {
    const program = app('stuck', 'procfs');
    await program.waitFor('a source', ({ stdout }) => (stdout.includes('running') ? true : undefined));
    // Ten looks and more.
    await wait(3000);
    program.stop();
    await program.ended;
    assert.deepEqual(raised(program), []);
  });
});
