import type { Role } from '../../connection/lifecycle.ts';
import type { ConnectionView } from '../../connection/view.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import { type Instant, instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import { dataOf } from './data.ts';
import { descriptorClosed, endOf, stateSince } from './events.ts';
import { handshakeOf, openerOf } from './handshake.ts';
import type { EventRung, Rung, StateMark, States, Step } from './rung.ts';
import { withStates } from './states.ts';
import { teardownOf } from './teardown.ts';
import { isUnseen, type Wait, waitsOf } from './waits.ts';

/**
 * One connection's life as a ladder diagram, before it is drawn: two lifelines and what went between them, in the order
 * of time, with the states of both sides (RFC 9293, section 3.3.2).
 */
export interface Ladder {
  readonly id: string;
  readonly role: Role;
  readonly local: Endpoint | undefined;
  readonly peer: Endpoint | undefined;
  /** As this side was last seen. */
  readonly state: TcpState;
  /** False: what came before the first rung is not known, and nothing is drawn of it. */
  readonly beginningSeen: boolean;
  /** Their SYNs crossed: neither was listening. */
  readonly bothOpened: boolean;
  /** What both sides are in before the first rung. */
  readonly begin: States;
  readonly rungs: readonly Rung[];
  /** Who is waited for, as open rungs; empty when nobody is. */
  readonly waits: readonly Wait[];
  /** What both sides are in now. */
  readonly end: States;
  /** It is open and waits for nobody. */
  readonly goesOn: boolean;
  /** The descriptor was closed, or our FIN asked for, and nobody has looked since. */
  readonly endUnseen: boolean;
  /** The moment that the times count from, and the moment of the drawing. */
  readonly from: Instant;
  readonly at: Instant;
}

export function ladderOf(view: ConnectionView): Ladder {
  const handshake = handshakeOf(view);
  const steps: Step[] = [...handshake, ...dataOf(view), ...teardownOf(view)];
  place(steps, handshake.length, descriptorClosed(view));
  const end = endOf(view);
  if (end) steps.push({ ...end, at: later(end.at, lastMoment(steps)) });
  const drawn = withFoundState(steps, view);
  const waits = waitsOf(view);
  const first = drawn.rungs.find(({ at }) => at !== undefined)?.at;
  const beginningSeen = openerOf(view) !== undefined;
  const now = instant(view.firstSeen + view.age * 1e6);
  return {
    id: view.id,
    role: view.role,
    local: view.local,
    peer: view.peer,
    state: view.state,
    beginningSeen,
    bothOpened: view.simultaneousOpen !== undefined,
    begin: drawn.begin,
    rungs: drawn.rungs,
    waits,
    end: drawn.end,
    goesOn: drawn.end.us?.state === 'established' && waits.length === 0 && !isUnseen(view),
    endUnseen: isUnseen(view),
    from: beginningSeen ? (first ?? view.firstSeen) : instant(Math.min(first ?? view.firstSeen, view.firstSeen)),
    at: now,
  };
}

/** Among the rungs of the teardown, where its time belongs. */
function place(steps: Step[], notBefore: number, event: EventRung | undefined): void {
  if (event?.at === undefined) return;
  let index = steps.length;
  for (; index > notBefore; index--) {
    const before = steps[index - 1]?.at;
    if (before !== undefined && before <= event.at) break;
  }
  // Data has no time of its own, and lies before the teardown.
  while (isUntimedData(steps[index])) index++;
  steps.splice(index, 0, event);
}

function isUntimedData(step: Step | undefined): boolean {
  return step?.kind === 'segment' && step.segment === 'data';
}

/** Where this side was seen, later, in a state that the segments do not lead to, the drawing says so. */
function withFoundState(steps: readonly Step[], view: ConnectionView): { begin: States; rungs: Rung[]; end: States } {
  const drawn = withStates(steps, view);
  const last = lastMoment(steps) ?? 0;
  const seenAt = Math.max(view.lookedAt ?? 0, stateSince(view));
  // The kernel shows CLOSE where a TIME_WAIT lives on in a smaller socket.
  const agrees = drawn.end.us === view.state || (drawn.end.us === 'time_wait' && view.state === 'closed');
  const found = !agrees && seenAt > last;
  const rungs = found
    ? withStates(
        [...steps, { kind: 'event', event: 'looked', at: instant(seenAt), inferred: false, error: undefined }],
        view,
      )
    : drawn;
  return { begin: rungs.begin, rungs: rungs.rungs, end: marks(rungs.end, view) };
}

function marks({ us, peer }: { us: StateMark['state']; peer: StateMark['state'] }, view: ConnectionView): States {
  return {
    us: { state: us, inferred: us !== view.state },
    ...(peer === 'unknown' ? {} : { peer: { state: peer, inferred: true } }),
  };
}

function lastMoment(steps: readonly Step[]): Instant | undefined {
  return steps.findLast(({ at }) => at !== undefined)?.at;
}

function later(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}
