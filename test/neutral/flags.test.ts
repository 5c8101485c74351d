import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { type Ended, register } from '../system/run.ts';
import { everyWay, notLooking, program, same } from './twice.ts';

const known = process.allowedNodeEnvironmentFlags;

/** Node 20's name of it, and today's, which keeps the network apart. */
const permission = known.has('--permission') ? '--permission' : '--experimental-permission';
const network = known.has('--allow-net') ? ['--allow-net'] : [];
const permitted = (...more: string[]) => [permission, ...network, '--allow-fs-read=*', ...more];

/** Which source cannot look, and why, is meant to be seen: whoever forbids addons is told so, once. */
function reported({ stderr, ...rest }: Ended): Ended {
  const lines = stderr
    .split('\n')
    .filter((line) => !/^synfin: (?:no findings are given|source \w+ cannot run here)/.test(line));
  return { ...rest, stderr: lines.join('\n') };
}

const flags: readonly (readonly string[])[] = [
  ['--frozen-intrinsics'],
  ['--disable-proto=throw'],
  ['--disable-proto=delete', '--no-addons'],
  ['--disallow-code-generation-from-strings', '--unhandled-rejections=strict'],
  ['--pending-deprecation', '--throw-deprecation'],
  ['--trace-warnings', '--trace-deprecation', '--trace-uncaught'],
  ['--enable-source-maps', '--stack-trace-limit=3'],
  permitted(),
  permitted('--allow-addons', '--allow-worker', '--allow-child-process'),
];

describe('a service under flags of Node', { concurrency: 3 }, () => {
  for (const some of flags)
    it(some.join(' '), { skip: unknownOf(some) }, async () => {
      const { code, said } = await same('service.cjs', '', { flags: some, but: reported });
      assert.equal(code, 0);
      assert.deepEqual(said('answer'), ['body']);
      assert.equal((said('refused')[0] as [{ code: string }])[0].code, 'ECONNREFUSED');
      if (some.includes('--frozen-intrinsics')) assert.deepEqual(said('frozen'), [[true, true, false]]);
    });

  it('none, as an ES module and as CommonJS', async () => {
    const { code, said } = await same('service.cjs', 'with fetch', { ways: everyWay });
    assert.deepEqual(said('fetched'), ['more']);
    assert.equal(code, 0);
    assert.deepEqual(said('warning'), []);
    const esm = await same('service.mjs', '', { ways: everyWay });
    assert.equal(esm.said('read').length, 4);
    assert.equal((esm.said('bound')[0] as unknown[])[0], true);
  });

  it('a deprecated call of the application still warns, and with --throw-deprecation still throws', async () => {
    const { stderr } = await same('deprecated.cjs', '');
    assert.match(stderr, /DeprecationWarning/);
    const thrown = await same('deprecated.cjs', '', { flags: ['--throw-deprecation'] });
    assert.equal(thrown.code, 1);
  });
});

describe('the permission model', { concurrency: 3 }, () => {
  const cases: Readonly<Record<string, readonly [string, string, readonly string[]]>> = {
    'workers are allowed': ['threads.mjs', 'terminated', permitted('--allow-worker')],
    'workers are not': ['threads.mjs', 'terminated', permitted('--allow-addons')],
    'children are allowed': ['processes.mjs', 'a forked child', permitted('--allow-child-process')],
    'children are not': ['processes.mjs', 'a forked child', permitted('--allow-addons')],
    'only some files may be read': ['listeners.cjs', 'counts', [permission, ...network, ...only()]],
  };
  for (const [name, [file, what, some]] of Object.entries(cases))
    it(name, async () => {
      const { code } = await same(file, what, { but: reported, env: notLooking, flags: some });
      assert.equal(code, name.endsWith('are not') ? 1 : 0);
    });
});

describe('profiles', () => {
  for (const [flag, ending] of [
    ['--cpu-prof', 'cpuprofile'],
    ['--heap-prof', 'heapprofile'],
  ] as const)
    it(`${flag}: one, and no more`, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'neutral-'));
      try {
        await same('service.mjs', '', { flags: [flag, `${flag}-dir=${directory}`], ways: ['import'] });
        const names = readdirSync(directory);
        assert.equal(names.length, 2, names.join(' '));
        assert.ok(names.every((name) => name.endsWith(ending)));
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
});

/** The flag that this Node does not have; false where it has them all. */
function unknownOf(some: readonly string[]): string | false {
  const missing = some.map((flag) => flag.replace(/=.*/, '')).find((flag) => !known.has(flag) && !perProcess.has(flag));
  return missing === undefined ? false : `needs a Node with ${missing}`;
}

/** Those that Node takes on the command line alone. */
const perProcess = new Set(['--disallow-code-generation-from-strings']);

/** The programs and the package, without what it depends on. */
function only(): readonly string[] {
  const paths = [dirname(program('')), dirname(register), resolve('package.json')];
  return paths.map((path) => `--allow-fs-read=${path}${path.endsWith('.json') ? '' : '/*'}`);
}
