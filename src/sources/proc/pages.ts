import { close, open, read } from 'node:fs';
import type { Instant } from '../../tcp/identity.ts';
import { nextTurn } from '../next-turn.ts';
import type { PacedLook } from '../pace.ts';

/** The kernel gives a page of a table at a time, however much is asked for (fs/seq_file.c). */
const pageSize = 4096;

/** A read that is under way keeps the process alive; after so many, one that wants to end can. */
const readsInARow = 8;

/** A page takes no longer to read; when it did, the event loop was blocked, or the pool of threads. */
const longestReadUs = 10_000;

export interface ReadOptions {
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly look: PacedLook;
}

/**
 * Reads a file of /proc to its end, a page at a time, in libuv's pool of threads: one read(2) may walk the kernel's
 * whole hash table, some milliseconds. `take` gets each page, valid until it returns. Resolves with the microseconds
 * that it took while the event loop ran. Rejects as fs.open and fs.read do.
 */
export async function readPages(
  path: string,
  take: (page: Uint8Array) => void,
  { now, signal, look }: ReadOptions,
): Promise<number> {
  const fd = await opened(path);
  let took = 0;
  try {
    const buffer = new Uint8Array(pageSize);
    for (let reads = 1; !signal.aborted; reads++) {
      const askedAt = now();
      const length = await readInto(fd, buffer);
      const waited = now() - askedAt;
      look.elsewhere(waited);
      took += Math.min(waited, longestReadUs);
      if (length === 0) break;
      look.slices.begin();
      take(buffer.subarray(0, length));
      look.slices.end();
      if (reads % readsInARow === 0) await nextTurn();
    }
  } finally {
    await closed(fd);
  }
  return took;
}

function opened(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, fd) => (error ? reject(error) : resolve(fd)));
  });
}

/** Nothing of a look goes on when it is over. */
function closed(fd: number): Promise<void> {
  return new Promise((resolve) => close(fd, () => resolve()));
}

function readInto(fd: number, buffer: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, null, (error, length) => (error ? reject(error) : resolve(length)));
  });
}
