import type { Ladder } from './ladder.ts';
import { type Rung, type SegmentRung, type States, segment } from './rung.ts';

/** The handshake as one rung, for where the rest matters more; one that is not over stays as it is. */
export function compact(ladder: Ladder): Ladder {
  const { rungs } = ladder;
  const last = rungs.findLastIndex((rung) => isOfHandshake(rung));
  const [syn, end] = [rungs[0], rungs[last]];
  const isDone = syn?.kind === 'segment' && end?.kind === 'segment' && end.segment !== 'syn' && end.arrives;
  if (!ladder.beginningSeen || !isDone || ladder.waits.some(({ for: what }) => what === 'ack_of_syn')) return ladder;
  const took = syn.at !== undefined && end.at !== undefined ? (end.at - syn.at) / 1e6 : undefined;
  const states: States = Object.assign({ ...ladder.begin }, ...rungs.slice(0, last + 1).map((rung) => rung.states));
  const inferred = syn.inferred || end.inferred;
  const handshake: Rung = { ...segment('handshake', syn.from, end.at, inferred, { took }), states };
  const again = rungs.slice(0, last + 1).find(wasRepeated);
  return {
    ...ladder,
    begin: {},
    rungs: [handshake, ...(again ? [{ ...again, states: {} }] : []), ...rungs.slice(last + 1)],
  };
}

function isOfHandshake(rung: Rung): boolean {
  if (rung.kind !== 'segment') return false;
  return rung.segment === 'syn' || rung.segment === 'syn_ack' || (rung.segment === 'ack' && rung.acks === 'syn');
}

function wasRepeated(rung: Rung): rung is SegmentRung & Rung {
  return rung.kind === 'segment' && rung.again > 0;
}
