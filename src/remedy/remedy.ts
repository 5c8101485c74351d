import type { LeakKind } from '../detectors/kinds.ts';
import type { Instant } from '../tcp/identity.ts';
import { PerMinute } from './rate.ts';
import { type Standing, stoodStill } from './standing.ts';

/** Leaked sockets that are destroyed in any minute. */
export const mostPerMinute = 60;

/** A connection that is in an open finding, at one look. */
export interface Accused {
  readonly connectionId: string;
  readonly findingId: string;
  readonly kind: LeakKind;
  readonly cause: string;
  /** In trouble for so long, in seconds. */
  readonly age: number;
}

interface Noted {
  readonly charge: string;
  readonly standing: Standing;
  /** Not tried before. */
  readonly from: Instant;
  look: number;
  left: boolean;
}

/** What is to become of one connection, at the moment of the deed. */
export type Judgement = 'destroy' | 'moved' | 'wait';

/**
 * Which of the connections that are in a finding may be destroyed, and when: those that were noted at an earlier look,
 * whose finding was told after that look, and on which nothing at all has changed since.
 *
 *     look n      found ripe ─▶ noted, as it stands ─▶ the finding is told
 *     look n + 1  still found ─▶ due ─▶ stands as before? ─▶ destroyed, oldest first, so many a minute
 */
export class Remedy<Connection extends Accused> {
  readonly #noted = new Map<string, Noted>();
  readonly #rate: PerMinute;
  #look = 0;

  constructor(perMinute = mostPerMinute) {
    this.#rate = new PerMinute(perMinute);
  }

  /** A look is over. Those to be noted, and those to be tried, the oldest first. Whoever is not accused is forgotten. */
  look(accused: readonly Connection[], at: Instant): { readonly fresh: Connection[]; readonly due: Connection[] } {
    const look = ++this.#look;
    const fresh: Connection[] = [];
    const due: Connection[] = [];
    for (const one of accused) {
      const known = this.#noted.get(one.connectionId);
      if (known?.charge !== chargeOf(one)) {
        this.#noted.delete(one.connectionId);
        fresh.push(one);
        continue;
      }
      known.look = look;
      if (!known.left && at >= known.from) due.push(one);
    }
    for (const [id, { look: last }] of this.#noted) if (last !== look) this.#noted.delete(id);
    due.sort((a, b) => b.age - a.age);
    return { fresh, due };
  }

  /** How it stands now: compared with when it is tried, at a later look. */
  note(one: Connection, standing: Standing, from: Instant): void {
    this.#noted.set(one.connectionId, { charge: chargeOf(one), standing, from, look: this.#look, left: false });
  }

  /**
   * `moved`: it does not stand as it did. It has to stand still for `patience` microseconds anew, and for a look, before it
   * is tried again. `wait`: there were as many as there may be in a minute.
   */
  judge(one: Connection, standing: Standing, at: Instant, patience: number): Judgement {
    const known = this.#noted.get(one.connectionId);
    if (known === undefined || !stoodStill(known.standing, standing)) {
      this.note(one, standing, (at + patience) as Instant);
      return 'moved';
    }
    return this.#rate.allows(at) ? 'destroy' : 'wait';
  }

  /** It is about to be destroyed. */
  destroyed(one: Connection, at: Instant): void {
    this.#rate.note(at);
    this.leave(one);
  }

  /** It is not tried again while it is in the finding. */
  leave({ connectionId }: Connection): void {
    const known = this.#noted.get(connectionId);
    if (known) known.left = true;
  }
}

/** What the finding that was told says of it: with another cause, it is told anew. */
function chargeOf({ findingId, cause }: Accused): string {
  return `${findingId}|${cause}`;
}
