import type { Knowledge } from '../connection/knowledge.ts';
import type { Lifecycle } from '../connection/lifecycle.ts';
import type { Observation, SocketRef } from '../connection/observation.ts';
import type { Instant } from '../tcp/identity.ts';
import { encodeObservation } from './line.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { retold } from './retelling.ts';

export interface TranscriptOptions {
  /** What is known before the observation that is written next. */
  readonly knowledge: Knowledge;
  readonly pseudonyms: Pseudonyms | undefined;
  /** Some of what option `ignore` leaves out cannot be worked out of what is written. */
  readonly tellsIgnored: boolean;
  /** Takes lines, with newlines between them: all of them come into one part. */
  readonly write: (lines: string) => void;
}

/** Numbers of connections that have none of their own: the hook counts up from 1. */
const firstForeign = 2 ** 40;

/**
 * The observations as lines, in the order in which they are taken in. Each part of a recording can be replayed alone:
 * what a later part mentions that began before it is told again there, once, as it is by then.
 */
export class Transcript {
  readonly #options: TranscriptOptions;
  #part = 1;
  /** All that this part mentions began in it. */
  #isWhole = true;
  #known = new WeakSet<Lifecycle>();
  #ignored = new WeakSet<Lifecycle>();
  #began: Instant | undefined;
  /** Of the observation before, where a connection began with it: it is known by now, and to this part. */
  #opened: SocketRef | undefined;
  #foreign = firstForeign;

  constructor(options: TranscriptOptions) {
    this.#options = options;
  }

  /** Whoever reads from here on knows nothing: a part has begun, or of this one something was lost. */
  begin(part: number, at: Instant): void {
    const isSame = part === this.#part;
    this.#part = part;
    this.#isWhole = false;
    this.#known = new WeakSet();
    this.#ignored = new WeakSet();
    this.#began = at;
    this.#opened = undefined;
    const { counters, sysctls } = this.#options.knowledge.host;
    const fact = { kind: 'host', source: 'procfs', at, scope: 'namespace' } as const;
    if (isSame) this.#write({ ...fact, scope: 'thread', fact: { name: 'told_anew' } });
    if (counters) this.#write({ ...fact, fact: { name: 'counters', values: counters } });
    this.#write({ ...fact, fact: { name: 'sysctls', values: sysctls } });
  }

  /** Before it is taken in. */
  add(said: Observation): void {
    const { tracker } = this.#options.knowledge;
    const opened = this.#opened === undefined ? undefined : tracker.get(this.#opened);
    if (opened) this.#known.add(opened);
    this.#opened = undefined;
    const opens = said.kind === 'socket_event' && opening.has(said.event);
    if (!this.#isWhole && !opens) this.#tellAgain(this.#mentioned(said));
    if (said.kind === 'host' && said.fact.name === 'suspects_seen' && said.fact.from === 0)
      for (const suspect of tracker.suspects()) this.#suspect(suspect, said.at);
    this.#write(said);
    if (opens) this.#opened = said.socket;
  }

  #mentioned(said: Observation): Lifecycle | undefined {
    const { tracker } = this.#options.knowledge;
    if (said.kind === 'socket_event') return tracker.get(said.socket);
    if (said.kind === 'row') return said.socket === undefined ? tracker.find(said.id) : tracker.get(said.socket);
    return said.kind === 'transition' ? tracker.find(said.id) : undefined;
  }

  #suspect(suspect: Lifecycle, at: Instant): void {
    if (!this.#isWhole) this.#tellAgain(suspect);
    const { ref, suppressed } = suspect;
    if (!suppressed || !this.#options.tellsIgnored || ref === undefined || this.#ignored.has(suspect)) return;
    this.#ignored.add(suspect);
    this.#write({ kind: 'host', source: 'userland', at, scope: 'thread', fact: { name: 'ignored', socket: ref } });
  }

  #tellAgain(connection: Lifecycle | undefined): void {
    if (connection === undefined || this.#known.has(connection)) return;
    this.#known.add(connection);
    const { firstSeen, endedAt, phase, ref = this.#foreign++ } = connection;
    // What this part closed, it has told of.
    const told = phase === 'released' ? endedAt : undefined;
    if (told !== undefined && told >= (this.#began ?? firstSeen)) return;
    const again = [...retold(connection, ref)];
    const traceId = this.#options.knowledge.traceOf(connection);
    const host = { kind: 'host', source: 'userland', at: firstSeen, scope: 'thread' } as const;
    if (traceId !== undefined) again.push({ ...host, fact: { name: 'trace', socket: ref, traceId } });
    this.#write({ ...host, fact: { name: 'told_again', count: again.length } }, ...again);
  }

  #write(...all: readonly Observation[]): void {
    const { write, pseudonyms } = this.#options;
    write(all.map((said) => encodeObservation(said, { pseudonyms })).join('\n'));
  }
}

const opening: ReadonlySet<string> = new Set(['connecting', 'accepted', 'adopted']);
