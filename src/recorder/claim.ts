import { constants, fstat, open, promises, type Stats, unlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { makeRoomBeside, removeUnnamed } from './crowd.ts';
import { oldPart, unnamedPart } from './file-names.ts';
import { firstLineOf } from './first-line.ts';
import { OpenFile } from './open-file.ts';
import { type Asking, isWritten, signatureIn } from './writer.ts';

const { link, lstat, rename, unlink } = promises;
const [openFile, statOpen] = [promisify(open), promisify(fstat)];

/** Where a recording may not be written to: the message says what is there, and what would do. */
export class Refused extends Error {}

export interface Claim {
  /** To be tried in this order; all but the first are beside it. */
  readonly names: readonly string[];
  readonly me: Asking;
  /** So many old parts are kept. */
  readonly keep: number;
  /** The first line of the file, without its end. */
  readonly header: string;
}

/**
 * A new file under the first name that nobody writes to. What an earlier process left there is kept as `.1`, and what
 * was that as `.2`. Rejects with `Refused`, or with what the system said.
 */
export async function claimFile({ names, me, keep, header }: Claim): Promise<OpenFile> {
  for (const [index, name] of names.entries()) {
    if (index === 0) await removeUnnamed(name).catch(() => undefined);
    // Twice: what was free may be taken before it is ours.
    for (let attempt = 0; attempt < 2 && (await isFree(name, me, keep)); attempt++) {
      if (index > 0) await makeRoomBeside(names[0] ?? name, me);
      const made = await make(name, header, me);
      if (made) return made;
    }
  }
  throw new Refused(`${names.join(', ')} are all written to by others`);
}

/** Nothing is there, or nothing any more: what nobody writes to is put aside. */
async function isFree(name: string, me: Asking, keep: number): Promise<boolean> {
  const found = await statsOf(name);
  if (found === undefined) return true;
  if (!found.isFile()) throw new Refused(`${name} is ${kindOf(found)}. It takes a name at which nothing is yet`);
  if (found.size === 0) {
    await unlink(name).catch(unlessGone);
    return true;
  }
  const by = signatureIn(await firstLineOf(name));
  if (by === undefined) throw new Refused(`${name} is no recording, and is left as it is. It takes another name`);
  if (isWritten(by, Date.now() - found.mtimeMs, me)) return false;
  // Somebody else may have put it aside meanwhile, and what stands there now is theirs.
  if ((await statsOf(name))?.ino === found.ino) await putAside(name, keep);
  return true;
}

async function putAside(name: string, keep: number): Promise<void> {
  for (let age = keep; age > 0; age--)
    await rename(age === 1 ? name : oldPart(name, age - 1), oldPart(name, age)).catch(unlessGone);
  if (keep === 0) await unlink(name).catch(unlessGone);
}

/** It has its name from the moment on at which its first line is whole. Undefined when another took the name before. */
async function make(name: string, header: string, { pid, run }: Asking): Promise<OpenFile | undefined> {
  const unnamed = unnamedPart(name, pid, run);
  underWay.add(unnamed);
  try {
    return await makeBy(unnamed, name, header);
  } finally {
    underWay.delete(unnamed);
  }
}

async function makeBy(unnamed: string, name: string, header: string): Promise<OpenFile | undefined> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
  // Addresses, paths and lines of code: for nobody else's eyes.
  const descriptor = await openFile(unnamed, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  const file = new OpenFile(name, descriptor, await statOpen(descriptor));
  try {
    const { error } = await file.append(Buffer.from(`${header}\n`));
    if (error !== undefined) throw error;
    await nameIt(unnamed, name);
    return file;
  } catch (error) {
    await file.close();
    await unlink(unnamed).catch(unlessGone);
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** Files that have no name yet. */
const underWay = new Set<string>();

/** The process ends, and they never will. Where a thread of libuv's is just making one, that stays: `removeUnnamed`. */
export function removeUnderWay(): void {
  for (const unnamed of underWay) {
    try {
      unlinkSync(unnamed);
    } catch {
      // It is not there yet, or not any more.
    }
  }
}

async function nameIt(unnamed: string, name: string): Promise<void> {
  try {
    await link(unnamed, name);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    // No hard links in this file system: of two that come at the same moment one loses its name, and takes another.
    return rename(unnamed, name);
  }
  await unlink(unnamed);
}

export async function statsOf(name: string): Promise<Stats | undefined> {
  return lstat(name).catch(unlessGone);
}

export function unlessGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isFIFO()) return 'a FIFO';
  return found.isSocket() ? 'a socket' : 'a device';
}
