import { type HistogramName, type Metric, metric } from '../src/telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../src/telemetry/prometheus-names.ts';

type Metrics = typeof metric;
export type MetricName = keyof Metrics;

/** An attribute that this metric has; of several, one that some of them has. */
export type AttributeOf<Name extends MetricName> = Name extends MetricName
  ? Metrics[Name]['attributes'][number]
  : never;

/** What a series may be told apart by: an attribute, the service (`job`), the process (`instance`). */
export type Aspect = AttributeOf<MetricName> | 'job' | 'instance';

/** What the value of an attribute must be. One that a series does not have is ''. */
export type Condition = string | { readonly not: string } | { readonly like: string } | { readonly unlike: string };

type Where<Name extends MetricName> = { readonly [Attribute in AttributeOf<Name>]?: Condition };

/** The series of a metric of the services and processes that are chosen in the dashboard. */
export function series<Name extends MetricName>(name: Name, where: Where<Name> = {}): string {
  return selector(prometheusName(name, metric[name]), where);
}

/** How many durations of a histogram there were. */
export function countOf<Name extends HistogramName>(name: Name, where: Where<Name> = {}): string {
  return selector(`${prometheusName(name, metric[name])}_count`, where);
}

/** The buckets of a histogram. */
export function bucketsOf<Name extends HistogramName>(name: Name, where: Where<Name> = {}): string {
  return selector(`${prometheusName(name, metric[name])}_bucket`, where);
}

/**
 * How many durations were at most this long. Throws for a bound that is none of a bucket's. A whole number is written as
 * `1` by exporters and as `1.0` by Prometheus 3.
 */
export function atMost<Name extends HistogramName>(seconds: number, name: Name, where: Where<Name> = {}): string {
  const { buckets }: Metric = metric[name];
  if (!buckets?.includes(seconds)) throw new RangeError(`${name} has no bucket up to ${seconds} s`);
  const bound = String(seconds).replace('.', '\\\\.');
  const conditions = [...conditionsOf(where), `le=~"${bound}${Number.isInteger(seconds) ? '(\\\\.0)?' : ''}"`];
  return `${prometheusName(name, metric[name])}_bucket{${[...chosen, ...conditions].join(',')}}`;
}

/** Every series of ours, whatever the metric; of a histogram one for each set of attributes. */
export function allSeries(): string {
  return `{__name__=~"synfin_.+",${[...chosen, 'le=""'].join(',')}}`;
}

/** What becomes of an attribute in Prometheus. */
export function labelOf(aspect: Aspect): string {
  return prometheusLabel(aspect);
}

/** The services and processes that are chosen; Grafana escapes what is special in a regular expression. */
const chosen = ['job=~"$job"', 'instance=~"$instance"'];

function selector(name: string, where: Readonly<Record<string, Condition | undefined>>): string {
  return `${name}{${[...chosen, ...conditionsOf(where)].join(',')}}`;
}

function conditionsOf(where: Readonly<Record<string, Condition | undefined>>): readonly string[] {
  return Object.entries(where).flatMap(([attribute, condition]) =>
    condition === undefined ? [] : [prometheusLabel(attribute) + matcher(condition)],
  );
}

function matcher(condition: Condition): string {
  if (typeof condition === 'string') return `=${JSON.stringify(condition)}`;
  if ('not' in condition) return `!=${JSON.stringify(condition.not)}`;
  if ('like' in condition) return `=~${JSON.stringify(condition.like)}`;
  return `!~${JSON.stringify(condition.unlike)}`;
}
