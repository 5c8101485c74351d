import { statfsSync, statSync } from 'node:fs';
import { opendir, readlink } from 'node:fs/promises';
import { type Inode, inodeFrom } from '../../tcp/identity.ts';

/** Names read from the directory, and links read, between two turns of the event loop: some 6 µs each. */
const batch = 32;

/** What one link costs in all, on the event loop and in the pool of threads, in microseconds of CPU. */
const linkUs = 30;

export interface SocketDescriptors {
  /** The descriptors of each socket. */
  readonly byInode: ReadonlyMap<Inode, readonly number[]>;
  /** So many microseconds of CPU it took, or less. */
  readonly costUs: number;
}

/** The sockets among the open files of a process. Undefined where /proc does not say. */
export async function socketDescriptors(
  procRoot: string,
  pid: number | 'self',
): Promise<SocketDescriptors | undefined> {
  const directory = `${procRoot}/${pid}/fd`;
  const byInode = new Map<Inode, number[]>();
  let links = 0;
  try {
    for await (const names of piecesOf(directory)) {
      links += names.length;
      const read = names.map((name) => readlink(`${directory}/${name}`).catch(() => ''));
      for (const [place, link] of (await Promise.all(read)).entries()) {
        const inode = parseSocketLink(link);
        if (inode !== undefined) byInode.set(inode, [...(byInode.get(inode) ?? []), Number(names[place])]);
      }
    }
  } catch {
    return undefined;
  }
  return { byInode, costUs: links * linkUs };
}

/** How many files a process has open; `exhausted` when it is one too few to find out. */
export async function descriptorCount(
  procRoot: string,
  pid: number | 'self',
): Promise<number | 'exhausted' | undefined> {
  const counted = countOf(`${procRoot}/${pid}/fd`);
  if (counted !== undefined) return counted;
  let count = 0;
  try {
    for await (const names of piecesOf(`${procRoot}/${pid}/fd`)) count += names.length;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EMFILE' ? 'exhausted' : undefined;
  }
  // Reading the directory opens one more.
  return Math.max(0, count - 1);
}

/** PROC_SUPER_MAGIC (include/uapi/linux/magic.h) */
const procMagic = 0x9fa0;

/** Since Linux 6.2 the size of the directory is the number of descriptors (fs/proc/fd.c); before that it is 0. */
function countOf(directory: string): number | undefined {
  try {
    const { size } = statSync(directory);
    return size > 0 && statfsSync(directory).type === procMagic ? size : undefined;
  } catch {
    return undefined;
  }
}

/** The names in a directory, so many at a time as one turn of the event loop has time for. */
async function* piecesOf(directory: string): AsyncGenerator<string[]> {
  let names: string[] = [];
  for await (const { name } of await opendir(directory, { bufferSize: batch })) {
    names.push(name);
    if (names.length < batch) continue;
    yield names;
    names = [];
  }
  if (names.length > 0) yield names;
}

/** `socket:[12345]` */
export function parseSocketLink(link: string): Inode | undefined {
  const digits = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  return digits === undefined ? undefined : inodeFrom(Number(digits));
}
