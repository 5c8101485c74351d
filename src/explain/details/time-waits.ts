import type { Finding } from '../../detectors/detector.ts';
import { type KernelSayings, kernelDetails } from './kernel-settings.ts';

/** The sentences of one language on a heap of TIME_WAITs. */
export interface TimeWaitSayings {
  /** Of the ports towards the destination, or of what the kernel keeps for a listener. */
  share(percent: number, limit: number, of: 'ports' | 'buckets'): string;
  partOfThem(own: number): string;
  readonly allOfThem: string;
  perSecond(rate: number): string;
}

export function timeWaitDetails({ subject, count }: Finding, say: TimeWaitSayings, kernel: KernelSayings): string[] {
  const { per_second, own, limit, share, role } = subject;
  const details: string[] = [];
  if (limit !== undefined && share !== undefined)
    details.push(say.share(Math.round(share * 100), limit, role === 'server' ? 'buckets' : 'ports'));
  if (own !== undefined) details.push(own < count ? say.partOfThem(own) : say.allOfThem);
  if (per_second !== undefined) details.push(say.perSecond(per_second));
  return [...details, ...kernelDetails(subject.kernel, kernel)];
}
