import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { descriptorCount, parseSocketLink, socketDescriptors } from '../../../src/sources/proc/proc-fd.ts';
import { stayAlive } from '../../stay-alive.ts';

const skip = process.platform === 'linux' ? false : 'needs Linux: there is no /proc elsewhere';

describe('parseSocketLink', () => {
  it('socket:[12345] → 12345', () => assert.equal(parseSocketLink('socket:[12345]'), 12345));

  it('socket:[0] → undefined: 0 is not an inode', () => assert.equal(parseSocketLink('socket:[0]'), undefined));

  it('any other file → undefined', () => {
    for (const link of [
      '',
      '/dev/null',
      'pipe:[12345]',
      'anon_inode:[eventpoll]',
      'socket:[]',
      'socket:[12]x',
      'socket:[-1]',
    ])
      assert.equal(parseSocketLink(link), undefined, link);
  });

  it('any inode → that inode; any text → an inode or undefined', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), (n) => parseSocketLink(`socket:[${n}]`) === n));
    fc.assert(
      fc.property(fc.string(), (text) => {
        const inode = parseSocketLink(text);
        assert.ok(inode === undefined || inode > 0);
      }),
    );
  });
});

describe('a /proc of our own', { skip }, () => {
  stayAlive();
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'synfin-proc-'));
    for (const pid of ['7', '8', '9']) mkdirSync(join(root, pid, 'fd'), { recursive: true });
    const links = ['/dev/null', 'socket:[501]', 'pipe:[502]', 'socket:[503]', 'socket:[501]'];
    for (const [fd, link] of links.entries()) symlinkSync(link, join(root, '7', 'fd', `${fd}`));
    for (let fd = 0; fd < 150; fd++) symlinkSync(`socket:[${1000 + fd}]`, join(root, '8', 'fd', `${fd}`));
  });
  after(() => rmSync(root, { recursive: true }));

  it('the sockets among the open files, each once', async () => {
    const found = await socketDescriptors(root, 7);
    assert.deepEqual([...(found?.byInode.keys() ?? [])].toSorted(), [501, 503]);
    assert.deepEqual([...(found?.byInode.values() ?? [])].flat().toSorted(), [1, 3, 4]);
  });

  it('more than are read in one turn → all of them', async () => {
    assert.equal((await socketDescriptors(root, 8))?.byInode.size, 150);
  });

  it('costs what its links cost, those that are no socket’s too', async () => {
    assert.equal((await socketDescriptors(root, 7))?.costUs, 5 * 10);
    assert.equal((await socketDescriptors(root, 8))?.costUs, 150 * 10);
  });

  it('no open file → none, and not undefined', async () =>
    assert.equal((await socketDescriptors(root, 9))?.byInode.size, 0));

  it('no such process → undefined', async () => {
    assert.equal(await socketDescriptors(root, 10), undefined);
    assert.equal(await descriptorCount(root, 10), undefined);
  });

  it('how many are open: all but the one that looks', async () => {
    assert.deepEqual([await descriptorCount(root, 7), await descriptorCount(root, 9)], [4, 0]);
  });
});

describe('the real /proc', { skip }, () => {
  stayAlive();
  it('a listening server → its inode, and not any more once it is closed', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { fd } = Reflect.get(server, '_handle') as { fd: number };
    const inode = parseSocketLink(readlinkSync(`/proc/self/fd/${fd}`));
    assert.ok(inode);
    assert.equal((await socketDescriptors('/proc', 'self'))?.byInode.has(inode), true);
    assert.equal((await socketDescriptors('/proc', process.pid))?.byInode.has(inode), true);
    await new Promise((resolve) => server.close(resolve));
    assert.equal((await socketDescriptors('/proc', 'self'))?.byInode.has(inode), false);
  });

  it('three files more → three descriptors more', async () => {
    const count = Number(await descriptorCount('/proc', 'self'));
    const files = [1, 2, 3].map(() => openSync('/dev/null', 'r'));
    assert.equal(await descriptorCount('/proc', 'self'), count + 3);
    for (const file of files) closeSync(file);
  });

  it('none left to look with → all of them are open, or exhausted where the kernel does not count', () => {
    const module = new URL('../../../src/sources/proc/proc-fd.js', import.meta.url);
    const code = `import { openSync } from 'node:fs';
      import { descriptorCount } from '${module}';
      try { for (;;) openSync('/dev/null', 'r'); } catch {}
      const said = await descriptorCount('/proc', 'self');
      process.exitCode = said === 'exhausted' || said >= 128 ? 42 : 1;`;
    const argv = ['-c', 'ulimit -n 128 && exec "$0" --input-type=module -e "$1"', process.execPath, code];
    assert.equal(spawnSync('/bin/sh', argv).status, 42);
  });
});
