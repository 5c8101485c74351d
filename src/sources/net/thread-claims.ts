import { BroadcastChannel } from 'node:worker_threads';
import type { SocketIdentity } from '../../tcp/identity.ts';
import { nextTurn } from '../next-turn.ts';

const channelName = 'synfin';

/** A thread that has not answered by then is blocked or has no agent. */
const answerMs = 200;

/** So many are asked about in one message: whoever answers looks each of them up in one turn of its event loop. */
const askedAtOnce = 128;

type Message =
  | {
      readonly kind: 'whose';
      readonly question: number;
      readonly first: number;
      readonly sockets: readonly SocketIdentity[];
    }
  /** Which of those that were asked about, by their place in the list that `first` begins a piece of. */
  | { readonly kind: 'mine'; readonly question: number; readonly places: readonly number[] };

/**
 * Descriptors belong to the process, JavaScript sockets to a thread. Answers, in a worker thread, which of the sockets
 * that the main thread cannot place are this thread's, by whatever names the main thread knows them. Returns what ends
 * it; does not keep the thread alive.
 */
export function answerClaims(isMine: (id: SocketIdentity) => boolean): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'whose') return;
    const places = data.sockets.flatMap((id, place) => (isMine(id) ? [data.first + place] : []));
    if (places.length > 0) channel.postMessage({ kind: 'mine', question: data.question, places } satisfies Message);
  };
  unref(channel);
  return () => channel.close();
}

let questions = 0;

/** Asks the other threads of this process which of these sockets are theirs: their places in the list. */
export async function askThreads(sockets: readonly SocketIdentity[]): Promise<ReadonlySet<number>> {
  const channel = new BroadcastChannel(channelName);
  const question = ++questions;
  const theirs = new Set<number>();
  channel.onmessage = (event: unknown) => {
    const { data } = event as { data: Message };
    if (data.kind !== 'mine' || data.question !== question) return;
    for (const place of data.places) theirs.add(place);
  };
  unref(channel);
  for (let first = 0; first < sockets.length; first += askedAtOnce) {
    const piece = sockets.slice(first, first + askedAtOnce);
    channel.postMessage({ kind: 'whose', question, first, sockets: piece } satisfies Message);
    await nextTurn();
  }
  await new Promise<void>((resolve) => setTimeout(resolve, answerMs).unref());
  channel.close();
  return theirs;
}

/** In Node's documentation since 15.4, in its type declarations not on every line. */
function unref(channel: BroadcastChannel): void {
  (channel as { unref?: () => void }).unref?.();
}
