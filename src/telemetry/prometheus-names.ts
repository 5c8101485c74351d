import type { Metric } from './metric-names.ts';

/** Words for the units that we have (UCUM). What is counted, in braces, has none. */
const unitWords: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes', '1': 'ratio' };

/**
 * The name that OpenTelemetry's translation to Prometheus gives a metric
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/): dots become underscores, the
 * unit is put behind, and `_total` behind a counter. Of a histogram it is the name without `_bucket`, `_sum`, `_count`.
 */
export function prometheusName(name: string, { unit, instrument }: Pick<Metric, 'unit' | 'instrument'>): string {
  const word = unitWords[unit];
  // A counter of the unit 1 counts things, and is no ratio.
  const withUnit = word !== undefined && !(unit === '1' && instrument === 'counter');
  const translated = prometheusLabel(name) + (withUnit ? `_${word}` : '');
  return instrument === 'counter' && !translated.endsWith('_total') ? `${translated}_total` : translated;
}

/** The label that an attribute becomes. */
export function prometheusLabel(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}
