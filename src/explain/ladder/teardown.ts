import type { Step as Seen } from '../../connection/lifecycle-event.ts';
import type { ConnectionView } from '../../connection/view.ts';
import { type SegmentRung, segment } from './rung.ts';

/** FIN, ACK, FIN, ACK, or what came instead (RFC 9293, figures 12 and 13), in the order of time. */
export function teardownOf(view: ConnectionView): SegmentRung[] {
  const parts = partsOf(view);
  const rungs = view.steps.flatMap((step) => rungsOf(step, view, parts));
  // CLOSE after both FINs, and nobody saw the way: ours must have been acknowledged, some time.
  const isImplied = parts.isOrderly && parts.acked === undefined && !parts.inOne;
  return isImplied ? [...rungs, segment('ack', 'peer', undefined, true, { acks: 'fin' })] : rungs;
}

/** Our FIN was asked for, and the kernel shows afterwards that none has gone: bytes, or another holder, are before it. */
export function finIsHeldBack({ state, lookedAt, steps }: ConnectionView): boolean {
  const fin = steps.find(({ name }) => name === 'fin.sent');
  const isAfter = fin !== undefined && lookedAt !== undefined && lookedAt > fin.at;
  return isAfter && (state === 'established' || state === 'close_wait');
}

/** How often the FIN went out again; what was sent again before it is data. */
export function finRetransmits({ state, sendQueue, sending }: ConnectionView): number {
  const isOut = state === 'fin_wait_1' || state === 'closing' || state === 'last_ack';
  return isOut && sendQueue <= 1 ? (sending?.retransmits ?? 0) : 0;
}

interface Parts {
  readonly isOrderly: boolean;
  readonly acked: Seen | undefined;
  /** The peer's FIN came with the acknowledgement of ours. */
  readonly inOne: boolean;
  readonly isSimultaneous: boolean;
}

function partsOf({ steps, changes, state, closeType, initiator }: ConnectionView): Parts {
  const find = (wanted: string) => steps.find(({ name }) => name === wanted);
  const [sent, received, acked] = [find('fin.sent'), find('fin.received'), find('fin.acked')];
  const isOrderly = state === 'closed' && closeType === 'fin' && sent !== undefined && received !== undefined;
  const isSimultaneous = initiator === 'simultaneous' && sent !== undefined && received !== undefined;
  const jumped = changes.some(({ from, to }) => from === 'fin_wait_1' && to === 'time_wait');
  const inOne = acked ? jumped && acked.at === received?.at : isOrderly && initiator === 'local';
  return { isOrderly, acked, inOne, isSimultaneous };
}

function rungsOf({ name, at, inferred }: Seen, view: ConnectionView, parts: Parts): SegmentRung[] {
  const { acked, inOne, isOrderly, isSimultaneous: crossing } = parts;
  switch (name) {
    case 'fin.sent': {
      if (finIsHeldBack(view)) return [];
      const arrives = acked !== undefined || isOrderly;
      const again = finRetransmits(view);
      const fin = segment('fin', 'us', at, inferred, { arrives: arrives && again === 0, crossing });
      return again > 0 ? [fin, segment('fin', 'us', undefined, false, { again, arrives })] : [fin];
    }
    case 'fin.received': {
      const fin = segment(inOne ? 'fin_ack' : 'fin', 'peer', at, inferred, { crossing });
      // The kernel acknowledges at once; nobody sees it.
      return [fin, segment('ack', 'us', at, true, { acks: 'fin' })];
    }
    case 'fin.acked':
      return inOne ? [] : [segment('ack', 'peer', at, inferred, { acks: 'fin' })];
    case 'rst.sent':
      return [segment('rst', 'us', at, inferred)];
    case 'rst.received':
      return [segment('rst', 'peer', at, inferred)];
    case 'syn':
    case 'syn_ack':
    case 'ack':
      return [];
  }
}
