import type { ConnectionView } from '../../connection/view.ts';
import { otherSide, type SegmentRung, type Side, segment } from './rung.ts';

/** Who opened it; undefined where the beginning was not seen. */
export function openerOf({ role, steps }: ConnectionView): Side | undefined {
  if (role === 'unknown' || steps[0]?.name !== 'syn') return undefined;
  return role === 'client' ? 'us' : 'peer';
}

/** SYN, SYN+ACK, ACK, as far as it came (RFC 9293, figures 6 and 7); empty where the beginning was not seen. */
export function handshakeOf(view: ConnectionView): SegmentRung[] {
  const opener = openerOf(view);
  if (opener === undefined) return [];
  return view.simultaneousOpen ? simultaneous(view) : opener === 'us' ? active(view) : passive(view);
}

function active(view: ConnectionView): SegmentRung[] {
  const { syn, synAck, ack, again } = partsOf(view);
  const answered = synAck !== undefined || view.steps.some(({ name }) => name === 'rst.received');
  const rungs = [segment('syn', 'us', syn?.at, syn?.inferred === true, { arrives: answered && again === 0 })];
  if (again > 0) rungs.push(segment('syn', 'us', undefined, false, { again, arrives: answered }));
  if (synAck && ack) {
    rungs.push(segment('syn_ack', 'peer', synAck.at, synAck.inferred));
    rungs.push(segment('ack', 'us', ack.at, ack.inferred, { acks: 'syn' }));
  }
  return rungs;
}

function passive(view: ConnectionView): SegmentRung[] {
  const { syn, synAck, ack, again } = partsOf(view);
  const answered = ack !== undefined;
  const rungs = [segment('syn', 'peer', syn?.at, syn?.inferred === true)];
  // In SYN_RECEIVED the kernel has answered: that is what the state means.
  if (answered || view.state === 'syn_received')
    rungs.push(segment('syn_ack', 'us', synAck?.at ?? syn?.at, true, { arrives: answered && again === 0 }));
  if (again > 0) rungs.push(segment('syn_ack', 'us', undefined, false, { again, arrives: answered }));
  if (ack) rungs.push(segment('ack', 'peer', ack.at, ack.inferred, { acks: 'syn' }));
  return rungs;
}

function simultaneous(view: ConnectionView): SegmentRung[] {
  const { syn, ack } = partsOf(view);
  const crossed = view.simultaneousOpen;
  const both = [
    segment('syn', 'us', syn?.at, syn?.inferred === true, { crossing: true }),
    segment('syn', otherSide('us'), crossed?.at, crossed?.inferred === true, { crossing: true }),
  ];
  const answers = [segment('syn_ack', 'us', crossed?.at, true, { arrives: ack !== undefined })];
  if (ack) answers.push(segment('syn_ack', 'peer', ack.at, ack.inferred));
  return [...both, ...answers];
}

function partsOf({ steps, synRetransmits }: ConnectionView) {
  const find = (wanted: string) => steps.find(({ name }) => name === wanted);
  return { syn: find('syn'), synAck: find('syn_ack'), ack: find('ack'), again: synRetransmits ?? 0 };
}
