import { readdir, readlink } from 'node:fs/promises';
import { type Inode, inodeFrom } from '../../tcp/identity.ts';
import { nextTurn } from '../next-turn.ts';

/** Links read between two turns of the event loop: some 6 µs each. */
const batch = 64;

/** The sockets among the open files of a process, by inode. Undefined where /proc does not say. */
export async function socketInodes(procRoot: string, pid: number | 'self'): Promise<ReadonlySet<Inode> | undefined> {
  const directory = `${procRoot}/${pid}/fd`;
  const names = await readdir(directory).catch(() => undefined);
  if (names === undefined) return undefined;
  const inodes = new Set<Inode>();
  for (let start = 0; start < names.length; start += batch) {
    const links = names.slice(start, start + batch).map((name) => readlink(`${directory}/${name}`).catch(() => ''));
    for (const link of await Promise.all(links)) {
      const inode = parseSocketLink(link);
      if (inode !== undefined) inodes.add(inode);
    }
    await nextTurn();
  }
  return inodes;
}

/** How many files a process has open; `exhausted` when it is one too few to find out. */
export async function descriptorCount(
  procRoot: string,
  pid: number | 'self',
): Promise<number | 'exhausted' | undefined> {
  try {
    const names = await readdir(`${procRoot}/${pid}/fd`);
    // Reading the directory opens one more.
    return Math.max(0, names.length - 1);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EMFILE' ? 'exhausted' : undefined;
  }
}

/** `socket:[12345]` */
export function parseSocketLink(link: string): Inode | undefined {
  const digits = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  return digits === undefined ? undefined : inodeFrom(Number(digits));
}
