import { setTimeout } from 'node:timers';

const channelName = 'synfin';

/** A thread that has not answered by then is blocked or has no agent. */
const answerMs = 200;

type Message =
  | { readonly kind: 'whose'; readonly question: number; readonly descriptors: readonly number[] }
  | { readonly kind: 'mine'; readonly question: number; readonly descriptors: readonly number[] };

/**
 * Descriptors belong to the process, JavaScript sockets to a thread. Answers, in a worker thread, which of the sockets
 * that the main thread cannot place are this thread's: by descriptor, a name that all threads share, whatever the
 * kernel was asked for. Returns what ends it; does not keep the thread alive.
 */
export function answerClaims(mineOf: (descriptors: readonly number[]) => readonly number[]): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'whose') return;
    const mine = mineOf(data.descriptors);
    if (mine.length > 0)
      channel.postMessage({ kind: 'mine', question: data.question, descriptors: mine } satisfies Message);
  };
  unref(channel);
  return () => channel.close();
}

let questions = 0;

/** Asks the other threads of this process which of these descriptors are their sockets'. */
export async function askThreads(descriptors: readonly number[]): Promise<ReadonlySet<number>> {
  const theirs = new Set<number>();
  if (descriptors.length === 0) return theirs;
  const channel = new BroadcastChannel(channelName);
  const question = ++questions;
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'mine' || data.question !== question) return;
    for (const descriptor of data.descriptors) theirs.add(descriptor);
  };
  unref(channel);
  channel.postMessage({ kind: 'whose', question, descriptors } satisfies Message);
  await new Promise<void>((resolve) => setTimeout(resolve, answerMs).unref());
  channel.close();
  return theirs;
}

/** In Node's documentation since 15.4, in its type declarations not on every line. */
function unref(channel: object): void {
  (channel as { unref?: () => void }).unref?.();
}
