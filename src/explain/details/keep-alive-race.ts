import type { Finding } from '../../detectors/detector.ts';
import { clientIdleMs, shortestIdleMs } from '../client-idle.ts';

/** The sentences of one language on a keep-alive race; all times in milliseconds. */
export interface RaceSayings {
  finCameBefore(fin: number): string;
  /** How long the server keeps an idle connection is not known. */
  serverNotKnown(failures: number): string;
  /** How long the server keeps one, and that the client keeps it without end, for longer, or would have given it up in time. */
  serverKeeps(peer: number, client: 'without_end' | 'longer' | 'blocked', agent: number): string;
  readonly tooShort: string;
  /** What to set the client's idle timeout to. */
  set(agent: number): string;
}

export function raceDetails({ count, subject }: Finding, say: RaceSayings): readonly string[] {
  const { peer_idle_timeout_ms: peer, agent_idle_timeout_ms: agent = Infinity, fin_before_ms: fin } = subject;
  const details = fin === undefined ? [] : [say.finCameBefore(fin)];
  if (peer === undefined) return [...details, say.serverNotKnown(count)];
  const client = agent === Infinity ? 'without_end' : agent >= peer ? 'longer' : 'blocked';
  return [
    ...details,
    say.serverKeeps(peer, client, agent),
    peer < shortestIdleMs ? say.tooShort : say.set(clientIdleMs(peer)),
  ];
}
