import type { Knowledge } from '../connection/knowledge.ts';
import type { Lifecycle } from '../connection/lifecycle.ts';
import type { Observation, SocketEvent, SocketRef } from '../connection/observation.ts';
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
  /** Takes lines, with newlines between them: all of them come into one part. It may begin with them. */
  readonly write: (lines: string) => void;
  /** Lines that are in no part, so far. */
  readonly dropped: () => number;
}

/** Numbers of connections that have none of their own: the hook counts up from 1. */
const firstForeign = 2 ** 40;

/**
 * The observations as lines, in the order in which they are taken in. Each part of a recording can be replayed alone:
 * what a later part mentions that began before it is told again there, once, as it is by then. Whatever is in trouble is
 * mentioned at each look: nothing is told again in one go, however many there are.
 */
export class Transcript {
  readonly #options: TranscriptOptions;
  #dropped = 0;
  #part = 1;
  /** All that this part mentions began in it. */
  #isWhole = true;
  #known = new WeakSet<Lifecycle>();
  #ignored = new WeakSet<Lifecycle>();
  #began: Instant | undefined;
  /** Of the observation before, where a connection began with it: it is known by now, and to this part. */
  #opened: SocketRef | undefined;
  #foreign = firstForeign;
  /** What is being written, and the connection that is being told again before it. */
  #current: Observation | undefined;
  #telling: Lifecycle | undefined;

  constructor(options: TranscriptOptions) {
    this.#options = options;
  }

  /**
   * Whoever reads from here on knows nothing: a part has begun, or of this one something was lost. What is being written
   * comes after this.
   */
  begin(part: number, at: Instant): void {
    const dropped = this.#options.dropped();
    const anew = part === this.#part || dropped !== this.#dropped;
    this.#dropped = dropped;
    this.#part = part;
    this.#isWhole = false;
    this.#known = new WeakSet();
    this.#ignored = new WeakSet();
    this.#began = at;
    this.#opened = undefined;
    const { counters, sysctls } = this.#options.knowledge.host;
    const fact = { kind: 'host', source: 'procfs', at, scope: 'namespace' } as const;
    if (anew) this.#write({ ...fact, scope: 'thread', fact: { name: 'told_anew' } });
    if (counters) this.#write({ ...fact, fact: { name: 'counters', values: counters } });
    this.#write({ ...fact, fact: { name: 'sysctls', values: sysctls } });
    this.#introduce();
  }

  /** Before it is taken in. */
  add(said: Observation): void {
    const { tracker } = this.#options.knowledge;
    const opened = this.#opened === undefined ? undefined : tracker.get(this.#opened);
    if (opened) this.#known.add(opened);
    this.#opened = undefined;
    this.#current = said;
    this.#introduce();
    this.#write(said);
    this.#current = undefined;
    if (opens(said)) this.#opened = said.socket;
  }

  /** Whom the next line is about. */
  #introduce(): void {
    const said = this.#current;
    if (said === undefined) return;
    if (!this.#isWhole && !opens(said)) this.#tellAgain(this.#mentioned(said));
    if (said.kind !== 'host' || said.fact.name !== 'suspects_seen') return;
    if (!this.#options.tellsIgnored) return;
    for (const suspect of this.#options.knowledge.tracker.suspects()) this.#tellIgnored(suspect, said.at);
  }

  #mentioned(said: Observation): Lifecycle | undefined {
    const { tracker } = this.#options.knowledge;
    if (said.kind === 'socket_event') return tracker.get(said.socket);
    if (said.kind === 'row') return said.socket === undefined ? tracker.find(said.id) : tracker.get(said.socket);
    return said.kind === 'transition' ? tracker.find(said.id) : undefined;
  }

  #tellIgnored(suspect: Lifecycle, at: Instant): void {
    const { ref, suppressed } = suspect;
    if (!suppressed || ref === undefined || this.#ignored.has(suspect)) return;
    this.#ignored.add(suspect);
    this.#write({ kind: 'host', source: 'userland', at, scope: 'thread', fact: { name: 'ignored', socket: ref } });
  }

  #tellAgain(connection: Lifecycle | undefined): void {
    if (connection === undefined || connection === this.#telling || this.#known.has(connection)) return;
    const { firstSeen, endedAt, phase, ref = this.#foreign++ } = connection;
    // What this part closed, it has told of.
    const told = phase === 'released' ? endedAt : undefined;
    if (told !== undefined && told >= (this.#began ?? firstSeen)) {
      this.#known.add(connection);
      return;
    }
    const again = [...retold(connection, ref)];
    const traceId = this.#options.knowledge.traceOf(connection);
    const host = { kind: 'host', source: 'userland', at: firstSeen, scope: 'thread' } as const;
    if (traceId !== undefined) again.push({ ...host, fact: { name: 'trace', socket: ref, traceId } });
    this.#telling = connection;
    this.#write({ ...host, fact: { name: 'told_again', count: again.length } }, ...again);
    this.#telling = undefined;
    this.#known.add(connection);
  }

  #write(...all: readonly Observation[]): void {
    const { write, pseudonyms } = this.#options;
    write(all.map((said) => encodeObservation(said, { pseudonyms })).join('\n'));
  }
}

const opening: ReadonlySet<string> = new Set(['connecting', 'accepted', 'adopted']);

function opens(said: Observation): said is SocketEvent {
  return said.kind === 'socket_event' && opening.has(said.event);
}
