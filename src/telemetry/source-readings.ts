import type { Reading } from './measurements.ts';
import { metricAttribute } from './metric-names.ts';

/** What a source says of itself. */
export interface SourceFigures {
  readonly name: string;
  readonly observations: number;
  readonly lost: number;
  /** Milliseconds; undefined for one that does not look. */
  readonly cpuMs?: number | undefined;
}

export function sourceReadings(sources: readonly SourceFigures[]): readonly Reading[] {
  return sources.flatMap(({ name, observations, lost, cpuMs }) => {
    const attributes = { [metricAttribute.sourceName]: name };
    const readings: Reading[] = [
      { name: 'synfin.source.observations', value: observations, attributes },
      { name: 'synfin.source.lost', value: lost, attributes },
    ];
    if (cpuMs !== undefined) readings.push({ name: 'synfin.source.cpu.time', value: cpuMs / 1000, attributes });
    return readings;
  });
}
