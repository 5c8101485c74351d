import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openFilesLimit, parseOpenFilesLimit } from '../../../src/sources/proc/proc-limits.ts';

const skip = process.platform === 'linux' ? false : 'needs Linux: there is no /proc elsewhere';

/** /proc/self/limits of a process with 20000 open files allowed. */
const captured = readFileSync(resolve('test/fixtures/proc/limits'), 'utf8');

/** As fs/proc/base.c prints it: `%-25s %-20s %-20s %-10s`. */
function line(name: string, soft: number | 'unlimited', hard: number | 'unlimited', unit: string): string {
  return `${name.padEnd(25)} ${`${soft}`.padEnd(20)} ${`${hard}`.padEnd(20)} ${unit.padEnd(10)}\n`;
}

describe('parseOpenFilesLimit', () => {
  it('the captured page → its soft limit', () => assert.equal(parseOpenFilesLimit(captured), 20_000));

  it('the soft one, not the hard one', () => {
    assert.equal(parseOpenFilesLimit(line('Max open files', 1024, 524_288, 'files')), 1024);
    assert.equal(parseOpenFilesLimit(line('Max open files', 1024, 'unlimited', 'files')), 1024);
  });

  it('unlimited → undefined', () => {
    assert.equal(parseOpenFilesLimit(line('Max open files', 'unlimited', 'unlimited', 'files')), undefined);
  });

  it('no such line → undefined: neither locks nor pages are files', () => {
    assert.equal(parseOpenFilesLimit(''), undefined);
    assert.equal(parseOpenFilesLimit(captured.replace(/^Max open files.*\n/m, '')), undefined);
    assert.equal(parseOpenFilesLimit(` ${line('Max open files', 5, 6, 'files')}`), undefined);
  });

  it('any limit, among any others → that limit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (soft, hard, other) => {
        const text = line('Max file locks', other, other, 'locks') + line('Max open files', soft, hard, 'files');
        assert.equal(parseOpenFilesLimit(text), soft);
      }),
    );
  });

  it('any text → a number or undefined, never a crash', () => {
    const cut = fc.nat({ max: captured.length }).map((length) => captured.slice(0, length));
    fc.assert(
      fc.property(fc.oneof(fc.string(), cut), (text) => {
        const limit = parseOpenFilesLimit(text);
        assert.ok(limit === undefined || (Number.isInteger(limit) && limit >= 0));
      }),
    );
  });
});

describe('openFilesLimit', () => {
  it('no such process → undefined', async () => assert.equal(await openFilesLimit('/nowhere', 'self'), undefined));

  it('of this process: what `ulimit -n` says', { skip }, async () => {
    const said = spawnSync('/bin/sh', ['-c', `grep 'Max open files' /proc/${process.pid}/limits`], {
      encoding: 'utf8',
    });
    assert.equal(await openFilesLimit('/proc', 'self'), Number(said.stdout.split(/\s+/)[3]));
  });
});
