import type { ConnectionView } from '../../connection/view.ts';
import type { Instant } from '../../tcp/identity.ts';
import { unacknowledged } from './data.ts';
import { stateSince } from './events.ts';
import type { Side } from './rung.ts';
import { finIsHeldBack } from './teardown.ts';

/**
 * What has not come yet. `other_holder`: closed here, and no FIN goes out, because another process has the descriptor
 * too. `window`: the peer takes no more bytes. `time_wait`: the clock alone.
 */
export type Awaited =
  | 'syn_ack'
  | 'ack_of_syn'
  | 'accept'
  | 'read'
  | 'ack_of_data'
  | 'window'
  | 'our_fin'
  | 'other_holder'
  | 'ack_of_fin'
  | 'peer_fin'
  | 'time_wait';

/** An open rung: whose turn it is, for what, and since when. */
export interface Wait {
  readonly for: Awaited;
  /** Nobody's, while the kernel's clock runs. */
  readonly turn: Side | 'clock';
  readonly since: Instant;
  /** Seconds from then until the moment of the drawing. */
  readonly age: number;
  /** That nobody has read, or acknowledged. */
  readonly bytes: number;
}

/** TCP_TIMEWAIT_LEN of Linux (include/net/tcp.h), in seconds: what it takes for 2 MSL. */
export const twoMsl = 60;

/** Nobody has looked since the descriptor was closed, or since our FIN was asked for. */
export function isUnseen({ state, released, endedAt, lookedAt, steps }: ConnectionView): boolean {
  if (state === 'closed' || state === 'time_wait' || state === 'syn_sent') return false;
  if (steps.some(({ name }) => name === 'rst.sent' || name === 'rst.received')) return false;
  const from = Math.max(released ? (endedAt ?? 0) : 0, askedFor(state, steps));
  return from > 0 && (lookedAt ?? 0) <= from;
}

/** Who is waited for at the moment of the view; an idle connection waits for nobody. */
export function waitsOf(view: ConnectionView): Wait[] {
  const { state, released } = view;
  if (isUnseen(view) || view.steps.some(({ name }) => name === 'rst.sent' || name === 'rst.received')) return [];
  const ours = stateSince(view);
  switch (state) {
    case 'syn_sent':
      return released ? [] : [wait(view, 'syn_ack', 'peer', view.steps[0]?.at ?? ours)];
    case 'syn_received':
      return released ? [] : [wait(view, 'ack_of_syn', 'peer', ours)];
    case 'established':
      return [...accepting(view), ...reading(view), ...sending(view), ...holding(view)];
    case 'close_wait':
      return [...sending(view), ...(view.unaccepted ? accepting(view) : [...holding(view), ...ending(view)])];
    case 'fin_wait_1':
    case 'closing':
    case 'last_ack':
      return [wait(view, unacknowledged(view) > 0 ? 'ack_of_data' : 'ack_of_fin', 'peer', ours, unacknowledged(view))];
    case 'fin_wait_2':
      return [wait(view, 'peer_fin', 'peer', ours)];
    case 'time_wait':
      return [wait(view, 'time_wait', 'clock', ours)];
    case 'closed':
    case 'listen':
      return [];
  }
}

function accepting(view: ConnectionView): Wait[] {
  return view.unaccepted ? [wait(view, 'accept', 'us', view.firstSeen)] : [];
}

function reading(view: ConnectionView): Wait[] {
  const { receiveQueue, released, unaccepted } = view;
  if (receiveQueue === 0 || released || unaccepted) return [];
  return [wait(view, 'read', 'us', ago(view, view.progressAge), receiveQueue)];
}

function sending(view: ConnectionView): Wait[] {
  const bytes = unacknowledged(view);
  if (bytes === 0) return [];
  const isShut = view.sending?.timer === 'probe' || view.sending?.window === 0;
  return [wait(view, isShut ? 'window' : 'ack_of_data', 'peer', ago(view, view.ackProgressAge), bytes)];
}

/** Closed here and shown open after that: somebody else has the descriptor. */
function holding(view: ConnectionView): Wait[] {
  return view.released ? [wait(view, 'other_holder', 'us', view.endedAt ?? stateSince(view))] : [];
}

function ending(view: ConnectionView): Wait[] {
  if (view.released || (finIsHeldBack(view) && unacknowledged(view) > 0)) return [];
  const fin = view.steps.find(({ name }) => name === 'fin.received');
  // The FIN itself counts as one.
  return [wait(view, 'our_fin', 'us', fin?.at ?? stateSince(view), Math.max(0, view.receiveQueue - 1))];
}

function askedFor(state: ConnectionView['state'], steps: ConnectionView['steps']): number {
  const fin = steps.find(({ name }) => name === 'fin.sent');
  return fin && (state === 'established' || state === 'close_wait') ? fin.at : 0;
}

/** The moment that lies so many seconds before the view's; where nobody knows, that of its state. */
function ago(view: ConnectionView, seconds: number | undefined): Instant {
  if (seconds === undefined) return stateSince(view);
  return (view.firstSeen + (view.age - seconds) * 1e6) as Instant;
}

function wait(view: ConnectionView, what: Awaited, turn: Wait['turn'], since: Instant, bytes = 0): Wait {
  const age = Math.max(0, (view.firstSeen - since) / 1e6 + view.age);
  return { for: what, turn, since, age, bytes };
}
