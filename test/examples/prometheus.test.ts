import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { freePort, missing } from '../prometheus/programs.ts';
import { type Ended, kernelNeeds, Program } from '../system/run.ts';
import { comparable, Readme } from './readme-commands.ts';

const readme = new Readme('prometheus');
const [command] = readme.commands('node');
const [heal] = readme.commands('curl');
assert.ok(command && heal);

const needs = missing('prometheus', 'prometheus-alertmanager') || kernelNeeds;
const stored = () => readdirSync(tmpdir()).filter((name) => name.startsWith('synfin-example-'));

/** Without what names the ports, the times, or how many there were. */
function told(text: string): string {
  return comparable(text.replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:N'));
}

/** The alerts as the receiver has printed them, by their headings. */
function alerts(stdout: string): Map<string, string> {
  const printed = stdout.split(/\n(?=FIRING |RESOLVED )/).filter((text) => /^(FIRING|RESOLVED) /.test(text));
  return new Map(printed.map((text) => [text.split('\n')[0] ?? '', text.split('\n\n')[0] ?? '']));
}

/** Of the process and of all that it has started. */
function children(pid: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

describe('examples/prometheus --quick, as its README has it', { skip: needs }, () => {
  const leak = 'warning SynfinCloseWaitLeak';
  let program: Program;
  let healed: string;
  let started: readonly number[] = [];
  let ended: Ended;
  const leftBefore = stored();

  before(async () => {
    const names = ['PORT', 'UPSTREAM_PORT', 'PROMETHEUS_PORT', 'ALERTMANAGER_PORT', 'RECEIVER_PORT'];
    const ports = await Promise.all(names.map(async (name) => [name, `${await freePort()}`]));
    const env = Object.fromEntries(ports);
    program = new Program(command.words.slice(1), { env, limitMs: 240_000 });
    await program.waitFor('it fires', ({ stdout }) => alerts(stdout).get(`FIRING ${leak}`));
    started = children(program.pid);
    const { pathname } = new URL(heal.words.at(-1) ?? '');
    healed = await (await fetch(`http://127.0.0.1:${env.PORT}${pathname}`, { method: 'POST' })).text();
    await program.waitFor('it resolves', ({ stdout }) => alerts(stdout).get(`RESOLVED ${leak}`));
    process.kill(program.pid, 'SIGINT');
    ended = await program.ended;
  });
  after(() => program?.stop());

  it('the leak fires in the receiver’s words, and resolves after POST /heal: as the README shows', () => {
    assert.ok(JSON.parse(healed).closed > 0, healed);
    const shown = alerts(readme.text.replaceAll('```', ''));
    for (const heading of [`FIRING ${leak}`, `RESOLVED ${leak}`])
      assert.equal(told(alerts(ended.stdout).get(heading) ?? ''), told(shown.get(heading) ?? ''));
  });

  it('Ctrl-C → exit code 0, no process and no file left behind', () => {
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /All is ended\.\n$/);
    assert.equal(started.length, 5);
    assert.deepEqual(
      started.filter((pid) => existsSync(`/proc/${pid}`)),
      [],
    );
    assert.deepEqual(stored(), leftBefore);
  });

  it('nothing on stderr', () => {
    assert.equal(ended.stderr, '');
  });
});

describe('examples/prometheus', () => {
  it('a program that is not installed → what to install, and exit code 1', async () => {
    const env = { PATH: '/nowhere', PORT: '0', UPSTREAM_PORT: '0', RECEIVER_PORT: '0' };
    const { code, stderr } = await new Program(['examples/prometheus/start.mjs', '--quick'], { env }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /apt install prometheus prometheus-alertmanager\n$/);
  });

  it('what was started last is ended first: nobody is left who asks one that is gone', async () => {
    const program = (name: string, graceMs: number) =>
      `await programs.node('${name}', ['-e', \`setInterval(() => {}, 1000);
        process.on('SIGTERM', () => setTimeout(() => { console.log('${name} ends'); process.exit(); }, ${graceMs}));
        console.log('${name} is there');\`], {});`;
    const script = `import { Programs } from './examples/prometheus/programs.mjs'; const programs = new Programs();
      ${program('upstream', 0)} ${program('service', 500)} await programs.endAll();`;
    const { stdout, stderr } = await new Program(['--input-type=module', '--eval', script], {}).ended;
    assert.equal(stderr, '');
    assert.deepEqual(stdout.match(/\w+ ends/g), ['service ends', 'upstream ends']);
  });

  it('the shipped rules are loaded by relative path, and are there', () => {
    const { rule_files } = parse(readFileSync('examples/prometheus/prometheus.yml', 'utf8')) as {
      rule_files: string[];
    };
    assert.ok(rule_files.length > 0);
    for (const file of rule_files) assert.ok(existsSync(`examples/prometheus/${file}`), file);
  });

  for (const [program, ...args] of [
    ['promtool', 'check', 'config', 'examples/prometheus/prometheus.yml'],
    ['amtool', 'check-config', 'examples/prometheus/alertmanager.yml'],
  ] as const)
    it(`${program} takes the configuration`, { skip: missing(program) }, () => {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    });
});
