import type { Finding } from '../../detectors/detector.ts';

/** The sentences of one language on connections that nobody will use again. */
export interface PileSayings {
  agents(count: number): string;
  growth(perMinute: number): string;
}

export function pileDetails({ subject: { agents }, growth_per_minute }: Finding, say: PileSayings): readonly string[] {
  const details = agents === undefined ? [] : [say.agents(agents)];
  return growth_per_minute > 0 ? [...details, say.growth(growth_per_minute)] : details;
}
