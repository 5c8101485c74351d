import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotSupportedError } from '../../src/errors.ts';
import { loadLibc } from '../../src/ffi/libc.ts';

const demo = 'examples/demo/demo.mjs';
const longestMs = 60_000;

let skip: string | false = false;
try {
  const libc = loadLibc();
  libc.close(libc.openSockDiag());
} catch (error) {
  if (!(error instanceof NotSupportedError)) throw error;
  skip = `needs ${error.requirement}`;
}

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];

function withoutNobody(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to become somebody without privileges';
  const [command = '', ...options] = nobody;
  const { status } = spawnSync(command, [
    ...options,
    process.execPath,
    '-e',
    "require('fs').accessSync('package.json')",
  ]);
  return status === 0 ? false : 'needs setpriv, and a checkout that user 65534 may read';
}

interface Running {
  readonly process: ChildProcess;
  /** All that it has printed so far. */
  readonly output: () => string;
}

function start(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
  const [file = '', ...options] = command;
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const running = spawn(file, options, { env: { ...inherited, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [running.stdout, running.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  return { process: running, output: () => output };
}

/** Runs the demo to its own end; killed, and so failed, when it takes too long. */
async function run(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const running = start(command, environment);
  const kill = setTimeout(() => running.process.kill('SIGKILL'), longestMs);
  const [code, signal] = await once(running.process, 'close');
  clearTimeout(kill);
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, running.output());
  return running.output();
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** A process that has ended and that nobody has asked about yet (Z) is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + longestMs; !isTrue(); await sleep(20)) assert.ok(Date.now() < end, what);
}

function assertWholeStory(output: string): void {
  assert.match(output, /^ +\d+\.\d\d s {2}handshake {2}client {2}127\.0\.0\.1:\d+ ⇄ 127\.0\.0\.1:\d+ .* sock_diag$/m);
  assert.match(output, /^ +\d+\.\d\d s {2}handshake {2}server {2}127\.0\.0\.1:\d+ ⇄ 127\.0\.0\.1:\d+ .* sock_diag$/m);
  assert.match(output, /^ +\d+\.\d\d s {2}teardown {3}server {2}.* fin by remote +sock_diag$/m);
  for (const finding of [
    'close_wait_leak · fetch_body_not_consumed',
    'unread_data · fetch_body_not_consumed',
    'close_wait_leak · upgrade_forgotten',
    'time_wait_buildup · small_pool',
  ]) {
    assert.match(output, new RegExp(`^synfin warning ${finding}$`, 'm'));
    assert.match(output, new RegExp(`^ {2}finding +${finding}: \\d+ connections?,[^/]*service\\.mjs:\\d+$`, 'm'));
  }
  assert.match(output, /^ +… and \d+ more spans like these$/m);
  assert.match(output, /^ {9}statusOfDocument \(.*examples\/demo\/service\.mjs:\d+:\d+\)$/m);
  assert.match(output, /^ {2}from {3}checkDocument \(.*examples\/demo\/service\.mjs:\d+:\d+\)$/m);
  assert.match(output, /^ {2}more +README\.md\n$/m, 'ends with the summary');
}

describe('npm run demo', { skip, concurrency: true }, () => {
  it('in a pipe → the whole story, plain and at most 100 columns wide', async () => {
    const output = await run([process.execPath, demo]);
    assertWholeStory(output);
    assert.ok(!output.includes('\u001b'));
    assert.deepEqual(
      output.split('\n').filter((line) => line.length > 100),
      [],
    );
  });

  it('without privileges → the same story', { skip: withoutNobody() }, async () => {
    assertWholeStory(await run([...nobody, process.execPath, demo]));
  });

  it('colours asked for → synfin and the demo use them', async () => {
    const { process: conductor, output } = start([process.execPath, demo], { FORCE_COLOR: '1', NO_COLOR: '' });
    await until(() => output().includes('close_wait_leak'), output());
    conductor.kill('SIGTERM');
    await once(conductor, 'close');
    assert.ok(output().includes('\u001b[36mhandshake\u001b[0m'));
    assert.ok(output().includes('\u001b[33msynfin warning close_wait_leak · fetch_body_not_consumed\u001b[0m'));
  });

  it('SIGINT → it ends within seconds, and so do its three children', async () => {
    const { process: conductor, output } = start([process.execPath, demo, '--stay']);
    await until(() => output().includes('handshake  server'), output());
    const children = childrenOf(conductor.pid ?? 0);
    assert.equal(children.length, 3);
    const stopped = Date.now();
    conductor.kill('SIGINT');
    assert.deepEqual(await once(conductor, 'close'), [0, null]);
    assert.ok(Date.now() - stopped < 5000);
    assert.deepEqual(children.filter(isAlive), []);
    assert.match(output(), /Stopped: what you have seen so far/);
  });

  it('killed at once → its children end by themselves', async () => {
    const { process: conductor, output } = start([process.execPath, demo]);
    await until(() => output().includes('handshake  server'), output());
    const children = childrenOf(conductor.pid ?? 0);
    conductor.kill('SIGKILL');
    await until(() => !children.some(isAlive), 'a child outlives the demo');
  });
});

describe('npm run demo, where the kernel cannot be asked', () => {
  it('→ the spans, what could not be shown and why, exit code 0', async () => {
    const output = await run([process.execPath, demo], { SYNFIN_SOURCES: 'ebpf' });
    assert.match(output, /handshake {2}client .* userland$/m);
    assert.match(output, /Not shown here: close_wait_leak · fetch_body_not_consumed, /);
    assert.match(
      output.replace(/\s+/g, ' '),
      /must ask the kernel, which was refused here: it is not part of this version: needs /,
    );
    assert.match(output, /^ {2}more +README\.md\n$/m);
  });
});
