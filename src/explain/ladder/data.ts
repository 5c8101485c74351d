import type { ConnectionView } from '../../connection/view.ts';
import { openerOf } from './handshake.ts';
import { type SegmentRung, type Side, segment } from './rung.ts';
import { finRetransmits } from './teardown.ts';

/** Payload each way, in all, and what was sent again: counted, and when is not known. The opener's comes first. */
export function dataOf(view: ConnectionView): SegmentRung[] {
  const wasOpen = openerOf(view) === undefined || view.steps.some(({ name }) => name === 'ack');
  if (!wasOpen) return [];
  const sent = dataSent(view);
  const received = data('peer', view.bytesReceived ?? view.signals?.bytesRead);
  return view.role === 'server' ? [...received, ...sent] : [...sent, ...received];
}

/** Payload that the peer has not acknowledged: an unacknowledged FIN counts as one in the send queue. */
export function unacknowledged({ state, sendQueue }: ConnectionView): number {
  const finIsOut = state === 'fin_wait_1' || state === 'closing' || state === 'last_ack';
  return Math.max(0, sendQueue - (finIsOut ? 1 : 0));
}

function dataSent(view: ConnectionView): SegmentRung[] {
  const bytes = view.bytesSent ?? view.signals?.bytesWritten;
  const again = (view.retransmits ?? 0) - (view.synRetransmits ?? 0) - finRetransmits(view);
  // A window that is shut was shut by somebody who is there.
  const isUnanswered = (view.sending?.retransmits ?? 0) > 0 && view.sending?.timer !== 'probe';
  const isHeldUp = isUnanswered && unacknowledged(view) > 0;
  const first = data('us', bytes, !isHeldUp || unacknowledged(view) < (bytes ?? 0));
  if (again <= 0 || first.length === 0) return first;
  return [...first, segment('data', 'us', undefined, false, { again, arrives: !isHeldUp })];
}

function data(from: Side, bytes: number | undefined, arrives = true): SegmentRung[] {
  return bytes === undefined || bytes === 0 ? [] : [segment('data', from, undefined, false, { bytes, arrives })];
}
