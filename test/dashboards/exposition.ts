import type { AttributeOf, MetricName } from '../../dashboards/series.ts';
import { type HistogramName, type Metric, metric } from '../../src/telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../../src/telemetry/prometheus-names.ts';

type Attributes<Name extends MetricName> = { readonly [Attribute in AttributeOf<Name>]?: string | number };

/** What one process says at one time, as Prometheus has it, with times (OpenMetrics). */
export class Exposition {
  readonly #process: Readonly<Record<string, string>>;
  readonly #time: number;
  readonly lines: string[] = [];

  /** `time` in seconds since 1970. */
  constructor(job: string, instance: string, time: number) {
    this.#process = { job, instance };
    this.#time = time;
  }

  value<Name extends MetricName>(name: Name, value: number, attributes: Attributes<Name> = {}): void {
    this.#say(prometheusName(name, metric[name]), attributes, value);
  }

  /** `among(s)` is the share of the durations that were at most `s` seconds. */
  durations<Name extends HistogramName>(
    name: Name,
    count: number,
    among: (seconds: number) => number,
    attributes: Attributes<Name> = {},
  ): void {
    const { buckets = [] }: Metric = metric[name];
    const translated = prometheusName(name, metric[name]);
    for (const le of buckets) this.#say(`${translated}_bucket`, { ...attributes, le }, Math.round(count * among(le)));
    this.#say(`${translated}_bucket`, { ...attributes, le: '+Inf' }, Math.round(count));
    this.#say(`${translated}_count`, attributes, Math.round(count));
    this.#say(`${translated}_sum`, attributes, count * 0.01);
  }

  #say(name: string, attributes: Readonly<Record<string, string | number | undefined>>, value: number): void {
    const labels = Object.entries({ ...attributes, ...this.#process })
      .filter(([, text]) => text !== undefined)
      .map(([label, text]) => `${prometheusLabel(label)}="${text}"`);
    this.lines.push(`${name}{${labels.join(',')}} ${value} ${this.#time}`);
  }
}

/** How durations are spread around a middle: half of them are at most that long. */
export function around(middle: number, spread = 0.6): (seconds: number) => number {
  return (seconds) => 1 / (1 + (middle / seconds) ** (1 / spread));
}
