import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { whenLoaded } from '../src/load-kernel-watch.ts';

/** Of `whenLoaded`, in a directory where what it loads is not there yet. */
let directory: string;
let load: typeof whenLoaded;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'synfin-load-'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  const file = join(directory, 'load-kernel-watch.js');
  copyFileSync(fileURLToPath(new URL('../src/load-kernel-watch.js', import.meta.url)), file);
  ({ whenLoaded: load } = (await import(pathToFileURL(file).href)) as { whenLoaded: typeof whenLoaded });
});
afterEach(() => rmSync(directory, { recursive: true }));

const arrive = () => writeFileSync(join(directory, 'kernel-watch.js'), 'export const KernelWatch = "it";');
const soon = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What was said of each failure, and when. */
function faults() {
  const said: string[] = [];
  const at: number[] = [];
  const fault = (where: string) => {
    said.push(where);
    at.push(performance.now());
  };
  return { said, at, fault };
}

describe('what looks at the kernel', () => {
  it('it is there → loaded at once', async () => {
    arrive();
    const { said, fault } = faults();
    const program = await load(new AbortController().signal, 60_000, fault);
    assert.equal(program?.KernelWatch as unknown, 'it');
    assert.deepEqual(said, []);
  });

  it('it cannot be loaded → tried again, after longer and longer pauses, until it can; each failure is told', async () => {
    const { said, at, fault } = faults();
    const loading = load(new AbortController().signal, 20, (where) => {
      fault(where);
      if (said.length === 4) arrive();
    });
    // Its pauses keep nothing alive.
    const alive = setInterval(() => {}, 1000);
    const program = await loading;
    clearInterval(alive);
    assert.equal(program?.KernelWatch as unknown, 'it');
    assert.deepEqual(said, Array(4).fill('loading what looks at the kernel'));
    const pauses = at.slice(1).map((time, n) => time - (at[n] ?? 0));
    for (const [n, atLeast] of [20, 40, 80].entries())
      assert.ok((pauses[n] ?? 0) >= atLeast - 2, `${pauses.join()} ms`);
  });

  it('the signal aborts during a pause → over at once, with nothing', async () => {
    const { said, fault } = faults();
    const abort = new AbortController();
    const loading = load(abort.signal, 60_000, fault);
    await soon(50);
    assert.equal(said.length, 1);
    abort.abort();
    assert.equal(await loading, undefined);
    arrive();
    assert.equal(await load(abort.signal, 60_000, fault), undefined);
    assert.equal(said.length, 1);
  });
});
