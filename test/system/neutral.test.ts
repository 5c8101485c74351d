import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { type Ended, fixture, register, run } from './run.ts';

const app = fixture('neutral.cjs');
const ours = dirname(register);

/** Node 20's name of it, and today's, which keeps the network apart. */
const known = process.allowedNodeEnvironmentFlags;
const permission = known.has('--permission') ? '--permission' : '--experimental-permission';
const permissions = [permission, '--allow-fs-read=*', ...(known.has('--allow-net') ? ['--allow-net'] : [])];

const programs = [
  'process.exit(3) with a connection open',
  'a refused connect() that nobody listens for',
  'the events of the process',
  'an idle connection that is unref()ed',
  'the listeners of its sockets',
  'the properties of its sockets',
  'the functions of its sockets',
  'ten listeners of its own',
  'addresses after the close',
  'what keeps it alive',
  'the asynchronous context',
  'the class Error',
  'a worker thread',
  'a forked process',
  'a cluster',
];

const codes: Readonly<Record<string, number>> = {
  'process.exit(3) with a connection open': 3,
  'a refused connect() that nobody listens for': 1,
};

describe('an application notices nothing of synfin', { concurrency: 2 }, () => {
  for (const name of programs)
    it(name, async () => {
      const { bare, watched } = await both([], name);
      assert.equal(bare.code, codes[name] ?? 0, bare.stderr);
      assert.deepEqual(watched, bare);
    });
});

describe('an application under a flag of Node notices nothing of synfin', { concurrency: 2 }, () => {
  const flags = [
    ['--frozen-intrinsics'],
    ['--disable-proto=throw'],
    ['--no-addons'],
    permissions,
    ['--trace-warnings', '--throw-deprecation'],
    ['--enable-source-maps'],
    ['--stack-trace-limit=3'],
  ];
  for (const args of flags)
    for (const name of ['the events of the process', 'the class Error'])
      it(`${args.join(' ')}: ${name}`, async () => {
        const { bare, watched } = await both(args, name);
        assert.equal(bare.code, 0, bare.stderr);
        assert.deepEqual(watched, bare);
      });
});

/** The same program without us and with us, and what of each can be compared. */
async function both(flags: readonly string[], name: string) {
  const bare = await run([...flags, app, name]);
  const watched = await run([...flags, '--require', register, app, name]);
  return { bare: comparable(bare), watched: comparable(watched) };
}

/** What differs from run to run is left out, and of an error's stack the frames that are ours. */
function comparable({ code, signal, stdout, stderr }: Ended): Ended {
  return { code, signal, stdout: settled(stdout), stderr: settled(withoutUs(stderr)) };
}

function settled(text: string): string {
  return text
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:port')
    .replace(/(port: |_sockname.*port: |\(node:)\d+/gi, '$1N')
    .replace(/\b[1-9]\d{4}\b/g, 'N');
}

/** A line that says why another source looks, or why none does, is meant to be seen; it is no difference of the program. */
function withoutUs(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !/^synfin: (no findings are given|source .* cannot run here)/.test(line) && !line.includes(ours))
    .join('\n')
    .replace('TCPConnectWrap.afterConnect [as oncomplete]', 'TCPConnectWrap.afterConnect');
}
