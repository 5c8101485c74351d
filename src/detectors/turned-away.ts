import type { ListenerFact } from '../connection/host-fact.ts';
import { type CounterGrowth, grown32 } from './counter-growth.ts';
import { isFull } from './queue-history.ts';

/** A source that has told of the drops, and does not in so many looks, is not the one that looks any more. */
const mostMissed = 3;

/**
 * How many a listener's full accept queue has turned away from look to look. Two counters tell of it, and neither alone:
 *
 *     the listener's drops     this listener's, but for whatever reason (a full SYN queue, no memory)
 *     ListenOverflows          for this reason, but at any listener of the namespace
 *
 * They are read one after the other, so that what comes in between is in the one at this look and in the other at the
 * next.
 */
export class TurnedAway {
  #drops: number | undefined;
  /** Overflows of the last look that this listener's drops have not accounted for. */
  #overflowsLeft = 0;
  #otherDropsBefore = 0;
  #missed = 0;

  /** Undefined where it is not known yet. */
  look(listener: ListenerFact, growth: CounterGrowth): { count: number; observed: boolean } | undefined {
    const overflows = growth.of('ListenOverflows');
    const otherDrops = Math.max(0, (growth.of('ListenDrops') ?? 0) - (overflows ?? 0));
    const others = otherDrops + this.#otherDropsBefore;
    this.#otherDropsBefore = otherDrops;
    if (listener.drops === undefined) {
      if (this.#drops === undefined) return inferred(listener, overflows);
      // A look that came too early for the rows: the next one counts what was dropped in both.
      this.#overflowsLeft += overflows ?? 0;
      if (++this.#missed >= mostMissed) this.#drops = undefined;
      return undefined;
    }
    this.#missed = 0;
    const dropped = this.#drops === undefined ? undefined : grown32(this.#drops, listener.drops);
    this.#drops = listener.drops;
    if (dropped === undefined) return undefined;
    const here = isFull(listener) ? dropped : Math.max(0, dropped - others);
    if (overflows === undefined) return { count: here, observed: true };
    const count = Math.min(here, overflows + this.#overflowsLeft);
    this.#overflowsLeft = Math.max(0, overflows - count);
    return { count, observed: true };
  }
}

/** Where nobody counts at the listener: it was this one if its queue is full now, or if there is no other. */
function inferred(listener: ListenerFact, overflows: number | undefined) {
  if (overflows === undefined) return undefined;
  return { count: isFull(listener) || listener.alone ? overflows : 0, observed: false };
}
