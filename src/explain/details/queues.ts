import type { Finding } from '../../detectors/detector.ts';

/** The sentences of one language on a listener's accept queue. */
export interface AcceptQueueSayings {
  queue(limit: number, waiting: number): string;
  loopHeld(ms: number): string;
  somaxconn(value: number | string): string;
  /** Whose queue it is, in a cluster. */
  readonly whose: Readonly<Record<'primary' | 'worker', string>>;
  readonly counting: string;
}

export function acceptQueueDetails({ subject }: Finding, say: AcceptQueueSayings): readonly string[] {
  const { queue, limit, loop_blocked_ms, cluster, kernel } = subject;
  const details: string[] = [];
  if (limit !== undefined && queue !== undefined) details.push(say.queue(limit, queue));
  if (loop_blocked_ms !== undefined) details.push(say.loopHeld(loop_blocked_ms));
  if (kernel?.somaxconn !== undefined) details.push(say.somaxconn(kernel.somaxconn));
  if (cluster !== undefined) details.push(say.whose[cluster]);
  return [...details, say.counting];
}

/** The sentences of one language on a SYN queue. */
export interface SynQueueSayings {
  queue(limit: number): string;
  syncookies(value: number | string): string;
  maxSynBacklog(value: number | string): string;
  somaxconn(value: number | string): string;
}

export function synFloodDetails({ subject: { limit, kernel = {} } }: Finding, say: SynQueueSayings): readonly string[] {
  const { tcp_syncookies, tcp_max_syn_backlog, somaxconn } = kernel;
  const details: string[] = [];
  if (limit !== undefined) details.push(say.queue(limit));
  if (tcp_syncookies !== undefined) details.push(say.syncookies(tcp_syncookies));
  // With cookies it plays no part.
  if (tcp_max_syn_backlog !== undefined && tcp_syncookies === 0) details.push(say.maxSynBacklog(tcp_max_syn_backlog));
  if (somaxconn !== undefined) details.push(say.somaxconn(somaxconn));
  return details;
}
