import type { ConnectionView } from '../../connection/view.ts';
import type { TcpState } from '../../tcp/state.ts';
import { openerOf } from './handshake.ts';
import { otherSide, type Rung, type SegmentRung, type Side, type StateMark, type States, type Step } from './rung.ts';

type State = TcpState | 'unknown';
type Both = Readonly<Record<Side, State>>;
type Edges = Readonly<Record<string, Partial<Record<State, State>>>>;

/** RFC 9293, section 3.3.2: what sending a segment makes of a state. Closing is told by its FIN. */
const onSending: Edges = {
  syn: { closed: 'syn_sent', listen: 'syn_sent' },
  syn_ack: { listen: 'syn_received' },
  fin: { established: 'fin_wait_1', syn_received: 'fin_wait_1', close_wait: 'last_ack' },
  fin_ack: { established: 'fin_wait_1', close_wait: 'last_ack' },
};

/** What its coming makes of the other side's. */
const onReceiving: Edges = {
  syn: { listen: 'syn_received', syn_sent: 'syn_received' },
  syn_ack: { syn_sent: 'established', syn_received: 'established' },
  ack_of_syn: { syn_received: 'established' },
  ack_of_fin: { fin_wait_1: 'fin_wait_2', closing: 'time_wait', last_ack: 'closed' },
  fin: { established: 'close_wait', syn_received: 'close_wait', fin_wait_1: 'closing', fin_wait_2: 'time_wait' },
  fin_ack: { established: 'close_wait', fin_wait_1: 'time_wait', fin_wait_2: 'time_wait' },
};

/** What the other side must be in, where ours is all that is known. */
const counterpart: Partial<Record<State, State>> = {
  established: 'established',
  close_wait: 'fin_wait_2',
  fin_wait_2: 'close_wait',
};

/** Each step with the states that it leads to on both sides. */
export function withStates(steps: readonly Step[], view: ConnectionView): { begin: States; rungs: Rung[]; end: Both } {
  const start = startOf(view);
  let now = start;
  const isSeen = statesSeen(view);
  const rungs = steps.map((step, index): Rung => {
    const before = now;
    now = step.kind === 'event' ? { ...now, us: afterEvent(step, now.us, view) } : after(step, steps[index - 1], now);
    if (step.kind === 'segment' && step.segment === 'fin' && step.from === 'us' && isAmbiguous(view, before.us))
      now = { us: 'unknown', peer: 'unknown' };
    return { ...step, states: changed(before, now, isSeen) };
  });
  const begin = changed({ us: 'unknown', peer: 'unknown' }, start, (state) => isOpen(state) && isSeen(state));
  return { begin, rungs, end: now };
}

/** CLOSED and LISTEN, before it all, are seen by nobody. */
function isOpen(state: State): boolean {
  return state !== 'closed' && state !== 'listen';
}

/** What somebody saw our side in; the rest follows from the segments. */
function statesSeen({ changes, state, steps, role, simultaneousOpen }: ConnectionView): (state: State) => boolean {
  const seen = new Set<State>(changes.filter(({ found }) => found).map(({ to }) => to));
  seen.add(state);
  // connect() or accept() has told of it.
  if (steps.some(({ name }) => name === 'ack')) seen.add('established');
  if (simultaneousOpen?.inferred === false) seen.add('syn_received');
  if (role === 'client' && steps[0]?.inferred === false) seen.add('syn_sent');
  return (one) => seen.has(one);
}

function startOf(view: ConnectionView): Both {
  const opener = openerOf(view);
  if (opener === undefined) {
    const us = view.changes[0]?.from ?? (view.state === 'closed' ? 'established' : view.state);
    return { us, peer: counterpart[us] ?? 'unknown' };
  }
  const [, answer] = view.steps;
  const refused = answer?.name === 'rst.received';
  // Behind silence there may be anybody, or nobody.
  const isSilent = opener === 'us' && answer === undefined && !view.simultaneousOpen;
  const acceptor = isSilent ? 'unknown' : refused || view.simultaneousOpen ? 'closed' : 'listen';
  return opener === 'us' ? { us: 'closed', peer: acceptor } : { us: acceptor, peer: 'closed' };
}

function after(step: SegmentRung, before: Step | undefined, now: Both): Both {
  const { segment, from, arrives, crossing } = step;
  const to = otherSide(from);
  if (segment === 'rst') return { us: 'closed', peer: 'closed' };
  const isSecond = crossing && before?.kind === 'segment' && before.crossing && before.from !== from;
  if (crossing && !isSecond) return { us: sent(now.us, step), peer: sent(now.peer, step) };
  // What went the other way was sent before this came: both come in now.
  if (isSecond && before?.kind === 'segment')
    return put(from, before.arrives ? received(now[from], before) : 'unknown', to, received(now[to], step));
  return put(from, sent(now[from], step), to, arrives ? received(now[to], step) : whenLost(now[to], step));
}

function sent(state: State, { segment }: SegmentRung): State {
  return onSending[segment]?.[state] ?? state;
}

function received(state: State, { segment, acks }: SegmentRung): State {
  return onReceiving[segment === 'ack' ? `ack_of_${acks}` : segment]?.[state] ?? state;
}

/** Our SYN or FIN may have come: then the peer is in another state by now. */
function whenLost(state: State, { segment }: SegmentRung): State {
  return segment === 'fin' || segment === 'syn' || segment === 'syn_ack' ? whereItMayBe(state) : state;
}

/** A listener that was not reached still listens: that is how it is drawn until the SYN is known to have come. */
function whereItMayBe(state: State): State {
  return state === 'listen' || state === 'syn_sent' ? state : 'unknown';
}

function afterEvent({ event }: Step & { kind: 'event' }, us: State, { state }: ConnectionView): State {
  if (event === 'descriptor_closed') return us;
  return event === 'looked' ? state : 'closed';
}

/** Where nobody could tell whether the peer had finished before us, neither FIN_WAIT_1 nor LAST_ACK is claimed. */
function isAmbiguous({ initiator, changes }: ConnectionView, before: State): boolean {
  return initiator === 'unknown' && before === 'established' && changes.length === 0;
}

function put(from: Side, sender: State, to: Side, receiver: State): Both {
  const both = { us: sender, peer: sender };
  return { ...both, [from]: sender, [to]: receiver };
}

function changed(before: Both, now: Both, isSeen: (state: State) => boolean): States {
  const us: StateMark = { state: now.us, inferred: !isSeen(now.us) };
  // Of the peer nothing is said where nothing is known.
  const peer: StateMark = { state: now.peer, inferred: true };
  return {
    ...(now.us === before.us ? {} : { us }),
    ...(now.peer === before.peer || now.peer === 'unknown' ? {} : { peer }),
  };
}
