import { opendirSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import { type Inode, inodeFrom } from '../../tcp/identity.ts';
import { nextTurn } from '../next-turn.ts';

/** Names read from the directory, and links read, between two turns of the event loop: some 6 µs each. */
const batch = 32;

/** What one link costs in all, in microseconds of CPU. */
const linkUs = 10;

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
      for (const name of names) {
        const inode = parseSocketLink(linkOf(`${directory}/${name}`));
        if (inode !== undefined) byInode.set(inode, [...(byInode.get(inode) ?? []), Number(name)]);
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

/**
 * The names in a directory, so many at a time as one turn of the event loop has time for. Read at once: a request of
 * ours would show among the application's active resources, and the pool of threads costs more than the reading.
 */
async function* piecesOf(directory: string): AsyncGenerator<string[]> {
  const open = opendirSync(directory, { bufferSize: batch });
  try {
    let names: string[] = [];
    for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
      names.push(entry.name);
      if (names.length < batch) continue;
      yield names;
      names = [];
      await nextTurn();
    }
    if (names.length > 0) yield names;
  } finally {
    open.closeSync();
  }
}

/** Empty for one that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** `socket:[12345]` */
export function parseSocketLink(link: string): Inode | undefined {
  const digits = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  return digits === undefined ? undefined : inodeFrom(Number(digits));
}
