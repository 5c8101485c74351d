import { existsSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers';
import { listenTo } from './channel.ts';

/** Anybody in this process may speak here. Threads that run another version of this file do not hear each other. */
const channelName = 'synfin:2';

type Fault = (where: string, error: unknown) => void;

type Channel = InstanceType<typeof BroadcastChannel>;

/** A thread that has not answered by then is blocked, or is no more. */
const answerMs = 200;

/** The kernel's number of a thread. Node's own does not say whether the thread is still there. */
type Tid = number;

type Message =
  | { readonly kind: 'who' }
  | { readonly kind: 'here' | 'gone'; readonly thread: Tid }
  | { readonly kind: 'whose'; readonly question: number; readonly descriptors: readonly number[] }
  | {
      readonly kind: 'mine';
      readonly question: number;
      readonly descriptors: readonly number[];
      readonly thread: Tid | undefined;
    };

/** What the other threads said to a question. */
export interface Claims {
  /** The descriptors that are their sockets'. */
  readonly theirs: ReadonlySet<number>;
  /** False when a thread that has sockets did not answer: any of the other descriptors may be its. */
  readonly whole: boolean;
}

/**
 * Descriptors belong to the process, JavaScript sockets to a thread. Says, in a worker thread, that it has sockets, and
 * then which of those that the main thread cannot place are this thread's: by descriptor, a name that all threads
 * share, whatever the kernel was asked for. Returns what ends it; does not keep the thread alive.
 */
export function answerClaims(
  mineOf: (descriptors: readonly number[]) => readonly number[],
  fault: Fault,
  procRoot = '/proc',
): () => void {
  const thread = ownTid(procRoot);
  const channel = open((message) => {
    if (message.kind === 'who') greet();
    else if (message.kind === 'whose')
      post({ kind: 'mine', question: message.question, descriptors: mineOf(message.descriptors), thread });
  }, fault);
  const post = (message: Message) => channel.postMessage(message);
  const greet = () => thread === undefined || post({ kind: 'here', thread });
  greet();
  return () => {
    if (thread !== undefined) post({ kind: 'gone', thread });
    channel.close();
  };
}

let questions = 0;

/** The other threads of this process that have sockets, as the main thread hears of them. */
export class Threads {
  readonly #procRoot: string;
  readonly #fault: Fault;
  readonly #known = new Set<Tid>();
  #channel: Channel | undefined;
  #answered: Answered | undefined;
  /** So many are known when it is looked for the first time who of them is no more. */
  #crowd = 64;

  constructor(fault: Fault, procRoot = '/proc') {
    this.#fault = fault;
    this.#procRoot = procRoot;
  }

  /**
   * Listens as soon as this thread makes another one: a program that makes none has no channel. `outside` acts as
   * nobody's request. Returns what ends it.
   */
  watch(outside: (act: () => void) => void): () => void {
    const end = listenTo('worker_threads', this.#fault, () => outside(() => this.listen()));
    return () => {
      end();
      this.close();
    };
  }

  /**
   * Hears from now on who has sockets. Each says so before it has the first, so that who starts to listen before a
   * thread is made knows of it even if it never has time to answer. Does not keep the process alive.
   */
  listen(): void {
    if (this.#channel) return;
    this.#channel = open((message) => this.#take(message), this.#fault);
    this.#channel.postMessage({ kind: 'who' } satisfies Message);
  }

  /** Asks them which of these descriptors are their sockets'. */
  async ask(descriptors: readonly number[]): Promise<Claims> {
    const answered: Answered = { question: ++questions, theirs: new Set(), by: new Set() };
    if (descriptors.length === 0) return { theirs: answered.theirs, whole: true };
    this.listen();
    this.#answered = answered;
    const { question, theirs, by } = answered;
    this.#channel?.postMessage({ kind: 'whose', question, descriptors } satisfies Message);
    await new Promise<void>((resolve) => setTimeout(resolve, answerMs).unref());
    this.#forgetDead();
    return { theirs, whole: [...this.#known].every((thread) => by.has(thread)) };
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#known.clear();
  }

  #take(message: Message): void {
    switch (message.kind) {
      case 'here':
        this.#known.add(message.thread);
        if (this.#known.size > this.#crowd) this.#forgetDead();
        break;
      case 'gone':
        this.#known.delete(message.thread);
        break;
      case 'mine':
        if (message.question !== this.#answered?.question) return;
        for (const descriptor of message.descriptors) this.#answered.theirs.add(descriptor);
        if (message.thread !== undefined) this.#answered.by.add(message.thread);
        break;
      case 'who':
      case 'whose':
    }
  }

  /** Whoever was terminated had no time to say so. */
  #forgetDead(): void {
    for (const thread of this.#known)
      if (!existsSync(`${this.#procRoot}/self/task/${thread}`)) this.#known.delete(thread);
    this.#crowd = 2 * this.#known.size + 64;
  }
}

interface Answered {
  readonly question: number;
  readonly theirs: Set<number>;
  readonly by: Set<Tid>;
}

function open(take: (message: Message) => void, fault: Fault): Channel {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event: unknown) => {
    try {
      const { data } = event as { data: unknown };
      if (isMessage(data)) take(data);
    } catch (error) {
      // Thrown out of here it would be the application's.
      fault('thread claims', error);
    }
  };
  // In Node's documentation since 15.4, in its type declarations not on every line.
  (channel as { unref?: () => void }).unref?.();
  return channel;
}

function isMessage(data: unknown): data is Message {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return false;
  const { kind } = data;
  const lists = 'descriptors' in data && Array.isArray(data.descriptors);
  return kind === 'whose' || kind === 'mine' ? lists : kind === 'who' || kind === 'here' || kind === 'gone';
}

/** Undefined where /proc does not say: there the main thread cannot find descriptors either, and asks nobody. */
function ownTid(procRoot: string): Tid | undefined {
  try {
    const tid = /\/task\/(\d+)$/.exec(readlinkSync(`${procRoot}/thread-self`))?.[1];
    return tid === undefined ? undefined : Number(tid);
  } catch {
    return undefined;
  }
}
