import { BroadcastChannel } from 'node:worker_threads';
import type { SocketCookie } from '../../tcp/identity.ts';

const channelName = 'synfin';

/** A thread that has not answered by then is blocked or has no agent. */
const answerMs = 200;

type Message =
  | { readonly kind: 'whose'; readonly question: number; readonly cookies: readonly SocketCookie[] }
  | { readonly kind: 'mine'; readonly question: number; readonly cookies: readonly SocketCookie[] };

/**
 * Descriptors belong to the process, JavaScript sockets to a thread. Answers, in a worker thread, which of the sockets
 * that the main thread cannot place are this thread's. Returns what ends it; does not keep the thread alive.
 */
export function answerClaims(isMine: (cookie: SocketCookie) => boolean): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'whose') return;
    const mine = data.cookies.filter(isMine);
    if (mine.length > 0)
      channel.postMessage({ kind: 'mine', question: data.question, cookies: mine } satisfies Message);
  };
  unref(channel);
  return () => channel.close();
}

let questions = 0;

/** Asks the other threads of this process which of these sockets are theirs. */
export async function askThreads(cookies: readonly SocketCookie[]): Promise<ReadonlySet<SocketCookie>> {
  const channel = new BroadcastChannel(channelName);
  const question = ++questions;
  const theirs = new Set<SocketCookie>();
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'mine' || data.question !== question) return;
    for (const cookie of data.cookies) theirs.add(cookie);
  };
  unref(channel);
  channel.postMessage({ kind: 'whose', question, cookies } satisfies Message);
  await new Promise<void>((resolve) => setTimeout(resolve, answerMs).unref());
  channel.close();
  return theirs;
}

/** In Node's documentation since 15.4, in its type declarations not on every line. */
function unref(channel: BroadcastChannel): void {
  (channel as { unref?: () => void }).unref?.();
}
