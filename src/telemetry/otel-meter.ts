import type {
  BatchObservableCallback,
  BatchObservableResult,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  Observable,
} from '@opentelemetry/api';
import { globalMeterProvider } from './api.ts';
import { leave, takeUp } from './left-series.ts';
import type { Measurements, MetricAttributes, Reading, Sink } from './measurements.ts';
import { type CounterName, type HistogramName, type Metric, metric, type ObservableName } from './metric-names.ts';

export interface OtelMeterOptions {
  readonly version: string;
  readonly measurements: Measurements;
  readonly fault: (where: string, error: unknown) => void;
}

/** The instruments of one provider. */
interface Instruments {
  readonly provider: MeterProvider;
  readonly counters: ReadonlyMap<string, Counter>;
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Nobody reads them any more. */
  readonly end: () => void;
}

/**
 * Takes measurements to whichever OpenTelemetry SDK is registered. An instrument that was made before an SDK was there,
 * or by another one, leads nowhere for ever: the metrics API has no proxy. So they are made anew when the provider
 * changes, and what was counted until then is told to the new one. One that is told nothing any more is told so.
 */
export class OtelMeter implements Sink {
  readonly #options: OtelMeterOptions;
  #own: MeterProvider | undefined;
  /** What each provider was told of the counters: one that comes again knows it. */
  readonly #told = new WeakMap<MeterProvider, Map<string, number>>();
  #bound: Instruments | undefined;
  #ended = false;

  constructor(options: OtelMeterOptions) {
    this.#options = options;
  }

  /** Measurements go to this provider instead of the one that is registered globally. */
  setMeterProvider(provider: MeterProvider | undefined): void {
    // An SDK that is configured by a file hands out one that does nothing (@opentelemetry/sdk-node, startNodeSdk).
    this.#own = provider?.constructor?.name === 'NoopMeterProvider' ? undefined : provider;
    this.bind();
  }

  /** The provider that was set. */
  get ownProvider(): MeterProvider | undefined {
    return this.#own;
  }

  get isHeard(): boolean {
    return !this.#ended && this.#provider() !== undefined;
  }

  /** A provider may be there, or another one: whoever collects from it finds our instruments. */
  bind(): void {
    try {
      this.#instruments();
    } catch (error) {
      this.#options.fault('metrics', error);
    }
  }

  add(name: CounterName, value: number, attributes: MetricAttributes): void {
    // A provider that has only now come is told all that was counted, this included.
    const before = this.#bound;
    const now = this.#instruments();
    if (now !== undefined && now === before) this.#tell(now, name, value, attributes);
  }

  record(name: HistogramName, value: number, attributes: MetricAttributes): void {
    this.#instruments()?.histograms.get(name)?.record(value, attributes);
  }

  end(): void {
    this.#ended = true;
    this.#letGo();
  }

  #provider(): MeterProvider | undefined {
    return this.#own ?? globalMeterProvider();
  }

  #instruments(): Instruments | undefined {
    const provider = this.#ended ? undefined : this.#provider();
    if (provider === this.#bound?.provider) return this.#bound;
    this.#letGo();
    if (provider === undefined) return undefined;
    const { version, measurements } = this.#options;
    const made = instrumentsOf(provider, provider.getMeter('synfin', version), measurements);
    this.#bound = made;
    const told = this.#told.get(provider);
    for (const { name, value, attributes } of measurements.totals()) {
      const untold = value - (told?.get(keyOf(name, attributes)) ?? 0);
      if (untold > 0) this.#tell(made, name, untold, attributes);
    }
    return made;
  }

  #tell({ provider, counters }: Instruments, name: CounterName, value: number, attributes: MetricAttributes): void {
    const told = this.#told.get(provider) ?? new Map<string, number>();
    this.#told.set(provider, told);
    const key = keyOf(name, attributes);
    told.set(key, (told.get(key) ?? 0) + value);
    counters.get(name)?.add(value, attributes);
  }

  #letGo(): void {
    const bound = this.#bound;
    this.#bound = undefined;
    try {
      bound?.end();
    } catch (error) {
      this.#options.fault('metrics', error);
    }
  }
}

function instrumentsOf(provider: MeterProvider, meter: Meter, measurements: Measurements): Instruments {
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const observables = new Map<ObservableName, Observable>();
  for (const [name, about] of Object.entries<Metric>(metric)) {
    if (about.observable) observables.set(name as ObservableName, observableOf(meter, name, about));
    else if (about.instrument === 'counter') counters.set(name, meter.createCounter(name, describe(about)));
    else histograms.set(name, meter.createHistogram(name, describe(about)));
  }
  const telling = (readings: readonly Reading[], result: BatchObservableResult) => {
    for (const { name, value, attributes } of readings) {
      const observable = observables.get(name);
      if (observable) result.observe(observable, value, attributes);
    }
  };
  const collect: BatchObservableCallback = async (result) => telling(await measurements.read(), result);
  const all = [...observables.values()];
  measurements.recall(takeUp(provider));
  meter.addBatchObservableCallback(collect, all);
  const end = () => {
    meter.removeBatchObservableCallback(collect, all);
    const series = measurements.zeros();
    if (series.length === 0) return;
    const zeros: BatchObservableCallback = (result) => telling(series, result);
    meter.addBatchObservableCallback(zeros, all);
    leave(provider, { series, end: () => meter.removeBatchObservableCallback(zeros, all) });
  };
  return { provider, counters, histograms, end };
}

function keyOf(name: CounterName, attributes: MetricAttributes): string {
  return name + JSON.stringify(attributes);
}

function observableOf(meter: Meter, name: string, about: Metric): Observable {
  if (about.instrument === 'counter') return meter.createObservableCounter(name, describe(about));
  if (about.instrument === 'gauge') return meter.createObservableGauge(name, describe(about));
  return meter.createObservableUpDownCounter(name, describe(about));
}

function describe({ unit, description, buckets }: Metric) {
  return { unit, description, ...(buckets && { advice: { explicitBucketBoundaries: [...buckets] } }) };
}
