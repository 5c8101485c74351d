import { BroadcastChannel } from 'node:worker_threads';
import type { Inode } from '../../tcp/identity.ts';

const channelName = 'synfin';

/** A thread that has not answered by then is blocked or has no agent. */
const answerMs = 200;

type Message =
  | { readonly kind: 'whose'; readonly question: number; readonly inodes: readonly Inode[] }
  | { readonly kind: 'mine'; readonly question: number; readonly inodes: readonly Inode[] };

/**
 * Descriptors belong to the process, JavaScript sockets to a thread. Answers, in a worker thread, which of the sockets
 * that the main thread cannot place are this thread's. Returns what ends it; does not keep the thread alive.
 */
export function answerClaims(isMine: (inode: Inode) => boolean): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'whose') return;
    const mine = data.inodes.filter(isMine);
    if (mine.length > 0) channel.postMessage({ kind: 'mine', question: data.question, inodes: mine } satisfies Message);
  };
  unref(channel);
  return () => channel.close();
}

let questions = 0;

/** Asks the other threads of this process which of these sockets are theirs. */
export async function askThreads(inodes: readonly Inode[]): Promise<ReadonlySet<Inode>> {
  const channel = new BroadcastChannel(channelName);
  const question = ++questions;
  const theirs = new Set<Inode>();
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'mine' || data.question !== question) return;
    for (const inode of data.inodes) theirs.add(inode);
  };
  unref(channel);
  channel.postMessage({ kind: 'whose', question, inodes } satisfies Message);
  await new Promise<void>((resolve) => setTimeout(resolve, answerMs).unref());
  channel.close();
  return theirs;
}

/** In Node's documentation since 15.4, in its type declarations not on every line. */
function unref(channel: BroadcastChannel): void {
  (channel as { unref?: () => void }).unref?.();
}
