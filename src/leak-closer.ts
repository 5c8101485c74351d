import type { Lifecycle } from './connection/lifecycle.ts';
import type { ConnectionView } from './connection/view.ts';
import { troubleAge } from './detectors/describe.ts';
import type { Finding } from './detectors/detector.ts';
import type { LeakKind } from './detectors/kinds.ts';
import { Remedy } from './remedy/remedy.ts';
import { type Standing, standingOf } from './remedy/standing.ts';
import { isTreatable } from './remedy/treatable.ts';
import { closedAtOneLook, type Deed, type Leaking, leftAlone, waitingForTheirMinute } from './remedy/words.ts';
import { LeakedSocket } from './sources/net/leaked-socket.ts';
import type { NetSource } from './sources/net/net-source.ts';
import { nextTurn } from './sources/next-turn.ts';
import type { Instant } from './tcp/identity.ts';

/** A connection that was found to leak at this look, in a finding that was told or is about to be. */
export interface Leak {
  readonly view: ConnectionView;
  readonly connection: Lifecycle;
  readonly finding: Finding;
}

/** What the remedy needs of the rest of synfin. */
export interface RemedyPorts {
  /** When it aborts, nothing more is closed. */
  readonly signal: AbortSignal;
  readonly say: (deed: Deed) => void;
  readonly destroyed: (kind: LeakKind, cause: string) => void;
}

export interface LeakCloserPorts extends RemedyPorts {
  readonly net: NetSource;
  readonly now: () => Instant;
  readonly fault: (where: string, error: unknown) => void;
  /** How long a socket must stand still before it is a leak, in microseconds. */
  readonly patience: Readonly<Record<LeakKind, number>>;
}

/** What `onLeak: 'destroy'` has done. */
export interface RemedyCounts {
  /** Leaked connections that were closed. */
  readonly destroyed: number;
  /** Those that were not, because of what would have come of it, or because there is nothing here to close. */
  readonly left: number;
}

interface Candidate extends Leaking {
  readonly leak: Leak;
}

const tellWaitingEveryUs = 60_000_000;

/** `onLeak: 'destroy'`: closes the sockets of findings that were told, where nobody comes to harm by it. */
export class LeakCloser {
  readonly #ports: LeakCloserPorts;
  readonly #remedy = new Remedy<Candidate>();
  readonly #toldOf = new Set<string>();
  #toldOfWaiting: Instant | undefined;
  /** When the look before the one that goes on was over, and when that one was. */
  #lookBefore = 0;
  #lookedAt = 0;
  #destroyed = 0;
  #left = 0;

  constructor(ports: LeakCloserPorts) {
    this.#ports = ports;
  }

  counts(): RemedyCounts {
    return { destroyed: this.#destroyed, left: this.#left };
  }

  /** A look is over, and what it found is about to be told. Never rejects. */
  async look(leaks: readonly Leak[]): Promise<void> {
    const { now, fault } = this.#ports;
    try {
      this.#lookBefore = this.#lookedAt;
      this.#lookedAt = now();
      const { fresh, due } = this.#remedy.look(leaks.map(candidate), now());
      const closed: Candidate[] = [];
      let waiting = 0;
      for (const one of due) {
        // In a turn of its own: what listens to it is the application's.
        await nextTurn();
        if (this.#ports.signal.aborted) break;
        const done = this.#try(one);
        if (done === 'destroy') closed.push(one);
        else if (done === 'wait') {
          waiting = due.length - due.indexOf(one);
          break;
        }
      }
      for (const deed of closedAtOneLook(closed)) this.#ports.say(deed);
      if (waiting > 0) this.#sayWaiting(waiting);
      await this.#noteAll(fresh);
    } catch (error) {
      fault('closing leaks', error);
    }
  }

  async #noteAll(fresh: readonly Candidate[]): Promise<void> {
    for (const [nth, one] of fresh.entries()) {
      if (nth % notedAtOnce === notedAtOnce - 1) await nextTurn();
      const standing = this.#standing(one.leak, this.#socketOf(one.leak)) ?? nowhere;
      this.#remedy.note(one, standing, this.#ports.now());
    }
  }

  /** Judged afresh: much may have happened since it was looked at. */
  #try(one: Candidate): 'destroy' | 'wait' | 'spared' {
    const { now, patience, fault } = this.#ports;
    const { leak, kind, cause } = one;
    try {
      const socket = this.#socketOf(leak);
      if (!isTreatable(cause)) return this.#leave(one, 'cause');
      const standing = this.#standing(leak, socket);
      // It has gone, or has not been looked at.
      if (socket === undefined || standing === undefined) return 'spared';
      const judgement = this.#remedy.judge(one, standing, now(), patience[kind]);
      if (judgement !== 'destroy') return judgement === 'wait' ? 'wait' : 'spared';
      const harm = socket.harm(leak.view.role === 'server');
      if (harm) return this.#leave(one, harm);
      // Noted before: should it go wrong half-way, it is not to be done again and again.
      this.#remedy.destroyed(one, now());
      if (!socket.destroy(`closed by synfin: ${kind}, ${cause}`)) return this.#leave(one, 'refused');
      this.#destroyed++;
      this.#ports.destroyed(kind, cause);
      return 'destroy';
    } catch (error) {
      fault('closing a leak', error);
      return this.#leave(one, 'refused');
    }
  }

  /**
   * How it stands at this moment. Where no descriptor can be asked, the row of the look that has just ended is the
   * kernel's word, and what JavaScript has read and written since shows in its own counters.
   */
  #standing({ view, connection }: Leak, socket: LeakedSocket | undefined): Standing | undefined {
    if (socket === undefined) return undefined;
    if (socket.canAskKernel) {
      const kernel = socket.askKernel();
      return kernel && standingOf(kernel, socket.signals);
    }
    if ((connection.lookedAt ?? 0) <= this.#lookBefore) return undefined;
    const { state, receiveQueue: unread, sendQueue: unacknowledged } = view;
    return standingOf({ state, unread, unacknowledged, received: undefined, acked: undefined }, socket.signals);
  }

  #leave(one: Candidate, why: string): 'spared' {
    this.#remedy.leave(one);
    this.#left++;
    const once = `${one.kind} ${one.cause} ${why}`;
    if (!this.#toldOf.has(once)) this.#ports.say(leftAlone(one, why));
    this.#toldOf.add(once);
    return 'spared';
  }

  #sayWaiting(count: number): void {
    const at = this.#ports.now();
    if (this.#toldOfWaiting !== undefined && at - this.#toldOfWaiting < tellWaitingEveryUs) return;
    this.#toldOfWaiting = at;
    this.#ports.say(waitingForTheirMinute(count));
  }

  #socketOf({ connection: { ref, phase, inJavaScript } }: Leak): LeakedSocket | undefined {
    const parts =
      ref === undefined || phase !== 'open' || !inJavaScript ? undefined : this.#ports.net.leakedSocket(ref);
    return parts && new LeakedSocket(parts);
  }
}

const notedAtOnce = 24;

/** Of a connection that has no socket here; it is never destroyed. */
const nowhere: Standing = {};

function candidate(leak: Leak): Candidate {
  const { finding, view } = leak;
  const kind = finding.kind as LeakKind;
  const age = troubleAge(kind, view);
  return { connectionId: view.id, findingId: finding.id, kind, cause: finding.cause, age, view, leak };
}
