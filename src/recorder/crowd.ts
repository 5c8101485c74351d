import { promises } from 'node:fs';
import { dirname, join } from 'node:path';
import { isBeside, isUnnamed } from './file-names.ts';
import { firstLineOf } from './first-line.ts';
import { type Asking, isWritten, signatureIn } from './writer.ts';

const { lstat, readdir, unlink } = promises;

/** Of all processes together, old parts included: one that starts thousands of others must not fill the disk. */
export const mostBeside = 100;

/** Removes the oldest recordings beside this one of which the writers are gone, until there is room for one more. */
export async function makeRoomBeside(path: string, me: Asking): Promise<void> {
  const directory = dirname(path);
  const names = (await readdir(directory)).filter(isBeside(path));
  let over = names.length + 1 - mostBeside;
  if (over <= 0) return;
  for (const { name, changed } of await oldestFirst(names.map((one) => join(directory, one)))) {
    const by = signatureIn(await firstLineOf(name).catch(() => ''));
    if (by === undefined || isWritten(by, Date.now() - changed, me)) continue;
    await unlink(name).catch(() => undefined);
    if (--over <= 0) return;
  }
  throw new Error(`there are ${names.length} recordings of other processes beside ${path} already`);
}

/** It takes a moment to make one. Whoever did not come to it in this time has ended, or begins anew. */
const makingMs = 30_000;

/** Removes what processes that ended early have left of files that they were about to make. */
export async function removeUnnamed(path: string): Promise<void> {
  const directory = dirname(path);
  const names = (await readdir(directory)).filter(isUnnamed(path));
  for (const { name, changed } of await oldestFirst(names.map((one) => join(directory, one))))
    if (Date.now() - changed > makingMs) await unlink(name).catch(() => undefined);
}

async function oldestFirst(names: readonly string[]): Promise<readonly { name: string; changed: number }[]> {
  const found = await Promise.all(
    names.map(async (name) => ({ name, changed: (await lstat(name).catch(() => undefined))?.mtimeMs })),
  );
  return found
    .filter((one): one is { name: string; changed: number } => one.changed !== undefined)
    .sort((one, other) => one.changed - other.changed);
}
