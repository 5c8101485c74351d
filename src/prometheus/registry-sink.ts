import { AsyncResource } from 'node:async_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { Counter, Gauge, Histogram, type Registry, type RegistryContentType } from 'prom-client';
import type { Measurements, MetricAttributes, Reading, Sink } from '../telemetry/measurements.ts';
import { type HistogramName, type Metric, metric } from '../telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../telemetry/prometheus-names.ts';

type Name = keyof typeof metric;
type Labels = Record<string, string | number>;
type Registered = Counter | Gauge | Histogram;

/** What a scrape waits for the readings: prom-client's own limit for a cluster is 5 s, Prometheus's for a scrape 10 s. */
const mostWaitMs = 4000;

/**
 * What the kernel says of a port is the same in each process of a host. A cluster's registry that added it up would tell
 * of more ports than there are.
 */
const ofHost = /^synfin\.tcp\.(?:time_wait|ephemeral_port|accept_queue|syn_queue)\./;

/** Our metrics in one registry. */
export class RegistrySink implements Sink {
  readonly #measurements: Measurements;
  readonly #waitMs: number;
  readonly #metrics = new Map<Name, Registered>();
  /** What is read for several scrapes is no part of the request that brought one of them. */
  readonly #root = new AsyncResource('SYNFIN');
  #register: Registry<RegistryContentType> | undefined;
  #leave: (() => void)[] = [];
  #scrape: Promise<void> | undefined;
  #reading: Promise<readonly Reading[]> | undefined;

  constructor(measurements: Measurements, waitMs = mostWaitMs) {
    this.#measurements = measurements;
    this.#waitMs = waitMs;
  }

  get isHeard(): boolean {
    return this.#register !== undefined;
  }

  /** It tells these measurements, in a registry that has not been emptied since. */
  isOf(measurements: Measurements): boolean {
    const registered = new Set<unknown>(this.#register?.getMetricsAsArray());
    return measurements === this.#measurements && [...this.#metrics.values()].every((one) => registered.has(one));
  }

  /** Throws what the registry throws, for a name that it has already. What it took until then goes with `end`. */
  join(register: Registry<RegistryContentType>): void {
    for (const name of Object.keys(metric) as Name[]) {
      const made = this.#make(name);
      register.registerMetric(made);
      this.#metrics.set(name, made);
      const ours = prometheusName(name, metric[name]);
      this.#leave.push(() => {
        // It may have been emptied meanwhile, and filled by somebody else.
        if (register.getSingleMetric(ours) === made) register.removeSingleMetric(ours);
      });
    }
    this.#register = register;
    this.#leave.push(this.#measurements.join(this));
  }

  /** Nothing: at each scrape counters tell what they have come to. */
  add(): void {}

  record(name: HistogramName, value: number, attributes: MetricAttributes): void {
    const of = this.#metrics.get(name);
    if (of instanceof Histogram) of.observe(labelsOf(name, attributes), value);
  }

  readonly end = (): void => {
    this.#register = undefined;
    for (const act of this.#leave.splice(0)) {
      try {
        act();
      } catch (error) {
        this.#measurements.fault('prometheus', error);
      }
    }
  };

  #make(name: Name): Registered {
    const { instrument, attributes, description, buckets }: Metric = metric[name];
    const config = {
      name: prometheusName(name, metric[name]),
      help: description,
      labelNames: attributes.map(prometheusLabel),
      aggregator: ofHost.test(name) ? ('max' as const) : ('sum' as const),
      registers: [],
    };
    let made: Registered;
    if (instrument === 'histogram') made = new Histogram({ ...config, buckets: [...(buckets ?? [])] });
    else if (instrument === 'counter') made = new Counter({ ...config, collect: this.#collect });
    else made = new Gauge({ ...config, collect: this.#collect });
    withoutZero(made);
    return made;
  }

  /**
   * A registry collects all its metrics at once: they share one reading, as do scrapes at the same time. Never rejects: a
   * registry that one metric fails in tells nothing at all.
   */
  readonly #collect = (): Promise<void> => {
    this.#scrape ??= this.#refresh().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  };

  async #refresh(): Promise<void> {
    const readings = await this.#readings();
    for (const one of this.#metrics.values()) {
      if (!(one instanceof Gauge)) continue;
      one.reset();
      withoutZero(one);
    }
    for (const { name, value, attributes } of readings) this.#show(name, value, attributes);
    for (const { name, value, attributes } of this.#measurements.totals()) this.#show(name, value, attributes);
  }

  #show(name: Name, value: number, attributes: MetricAttributes): void {
    try {
      const [of, labels] = [this.#metrics.get(name), labelsOf(name, attributes)];
      if (of instanceof Gauge) of.set(labels, value);
      if (!(of instanceof Counter)) return;
      of.remove(labels);
      of.inc(labels, value);
    } catch (error) {
      this.#measurements.fault('prometheus', error);
    }
  }

  /** None, when they take too long: the rest of the registry is not made to wait. What hangs is not begun again. */
  async #readings(): Promise<readonly Reading[]> {
    this.#reading ??= this.#root
      .runInAsyncScope(() => this.#measurements.read())
      .finally(() => {
        this.#reading = undefined;
      });
    const late = afterRunning(this.#waitMs);
    const readings = await Promise.race([this.#reading, late.over]);
    late.stop();
    if (readings === undefined)
      this.#measurements.fault('prometheus', new Error(`reading has taken longer than ${this.#waitMs} ms`));
    return readings ?? [];
  }
}

/** Of a wait: while the event loop is held, no more than one of these passes. */
const steps = 4;

/** So long, on a loop that runs. Keeps the process alive: somebody waits for what it is about to tell. */
function afterRunning(ms: number): { readonly over: Promise<undefined>; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    let left = steps;
    const step = (): void => {
      if (left-- === 0) resolve(undefined);
      else timer = setTimeout(step, ms / steps);
    };
    step();
  });
  return { over, stop: () => clearTimeout(timer) };
}

/** One without labels begins at 0, which would be said of what nobody has counted. */
function withoutZero(of: Registered): void {
  of.remove({});
}

/** Those that the metric has; one that is not told is no label. */
function labelsOf(name: Name, attributes: MetricAttributes): Labels {
  const labels: Labels = {};
  for (const attribute of metric[name].attributes) {
    const value = attributes[attribute];
    if (value !== undefined) labels[prometheusLabel(attribute)] = value;
  }
  return labels;
}
