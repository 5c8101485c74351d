import type { ConnectionView } from '../connection/view.ts';
import type { Instant } from '../tcp/identity.ts';
import { atOnce, type Steps } from './steps.ts';

interface Stay {
  readonly since: Instant;
  readonly standstill: number | string;
  looks: number;
  inThisLook: boolean;
}

/**
 * How long each connection has been in the same trouble without anything moving: by the loop's clock, and in looks. One
 * look proves nothing, every state on the way is a legal transient.
 */
export class Dwell {
  readonly #stays = new Map<string, Stay>();

  /** Notes one look at one connection. True when the trouble has lasted at least two looks and the patience. */
  isRipe(
    { id, progress, state }: ConnectionView,
    patience: number,
    clock: Instant,
    standstill: number | string = `${state} ${progress}`,
  ): boolean {
    const stay = this.#stays.get(id);
    if (stay === undefined || stay.standstill !== standstill) {
      this.#stays.set(id, { since: clock, standstill, looks: 1, inThisLook: true });
      return false;
    }
    stay.looks++;
    stay.inThisLook = true;
    return stay.looks >= 2 && clock - stay.since >= patience;
  }

  /** The look is over: whoever was not seen in it is out of trouble. */
  endLook(): void {
    atOnce(this.endingLook());
  }

  /** The same, step by step. */
  *endingLook(): Steps<void> {
    for (const [id, stay] of this.#stays) {
      if (stay.inThisLook) stay.inThisLook = false;
      else this.#stays.delete(id);
      yield;
    }
  }
}
