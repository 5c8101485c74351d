import type { Finding } from '../../detectors/detector.ts';
import type { CauseWords, KindWords } from '../words.ts';
import { type KernelSayings, kernelDetails } from './kernel-settings.ts';

/** What one language says of ports that run out, besides what their cause says. */
export interface PortSayings {
  /** What was seen: connect() has failed, and ports are free again, or it is not known whether they are. */
  readonly freeAgain: string;
  readonly perhapsFree: string;
  /** What was seen, what it comes to and what helps where bind() takes the ports before connect(). */
  readonly bound: Pick<CauseWords, 'seen' | 'outcome' | 'advice'>;
  /** What was seen where hardly a port is left, and no connect() has failed. */
  readonly hardlyAny: string;
  /** The limit, where it is not reached by far but crossed already: more than nine tenths are taken. */
  readonly nineTenths: KindWords<'ephemeral_ports'>['limit'];
  /** What helps where open connections hold the ports, and where TIME_WAITs do. */
  readonly closeOpenOnes: string;
  readonly reuseWaiting: string;
  /** Sentences on the numbers. `place` as the phrases of the language have it. */
  readonly failed: (failures: number, place: string, ago: number) => string;
  readonly failing: (failures: number, place: string, lasting: number) => string;
  readonly taken: (count: number, limit: number | undefined, place: string, lasting: number) => string;
  readonly failures: (failures: number) => string;
  readonly noneWaits: string;
  readonly waiting: (timeWaits: number) => string;
  readonly bindFirst: string;
}

/** What helps depends on what holds the ports: TIME_WAITs, open connections, or the bind() before connect(). */
export function portsInThisCase(
  { cause, subject }: Finding,
  say: PortSayings,
): Partial<CauseWords & Pick<KindWords<'ephemeral_ports'>, 'limit'>> {
  const { failures, failed_s_ago, share, pooled_bind, kernel } = subject;
  const over = failed_s_ago !== undefined && (share === undefined ? say.perhapsFree : say.freeAgain);
  if (pooled_bind) return over ? { ...say.bound, seen: over } : say.bound;
  if (over) return { seen: over };
  const taken = share ?? 1;
  const seen =
    cause === 'exhausted' && (failures === undefined || taken < 1)
      ? { seen: say.hardlyAny, ...(taken < 0.95 && { limit: say.nineTenths }) }
      : {};
  if (share === undefined) return seen;
  if (!isWaiting(subject)) return { ...seen, advice: say.closeOpenOnes };
  return kernel?.tcp_tw_reuse === 1 ? seen : { ...seen, advice: say.reuseWaiting };
}

/** Whether TIME_WAITs hold the better part of the ports. */
function isWaiting({ time_waits = 0, share = 0, limit = 0 }: Finding['subject']): boolean {
  return time_waits * 2 >= share * limit;
}

export function portsSummary({ count, age_s, subject }: Finding, place: string, say: PortSayings): string {
  const { failures, failed_s_ago, share, limit } = subject;
  if (failures !== undefined && failed_s_ago !== undefined) return say.failed(failures, place, failed_s_ago);
  if (failures !== undefined && share === undefined) return say.failing(failures, place, age_s);
  return say.taken(count, limit, place, age_s);
}

export function portsDetails({ subject }: Finding, say: PortSayings, kernel: KernelSayings): readonly string[] {
  const { failures, failed_s_ago, time_waits, share, pooled_bind } = subject;
  const now = failed_s_ago === undefined;
  const details: string[] = [];
  if (now && failures !== undefined && share !== undefined) details.push(say.failures(failures));
  if (now && time_waits !== undefined) details.push(time_waits === 0 ? say.noneWaits : say.waiting(time_waits));
  if (pooled_bind) details.push(say.bindFirst);
  return [...details, ...kernelDetails(subject.kernel, kernel)];
}
