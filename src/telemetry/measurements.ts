import { clearTimeout, setTimeout } from 'node:timers';
import { type CounterName, type HistogramName, type Metric, metric, type ObservableName } from './metric-names.ts';

/** Values of the attributes that a metric has, by their names. */
export type MetricAttributes = Readonly<Record<string, string | number>>;

/** Where measurements go: OpenTelemetry's meter, a Prometheus registry. */
export interface Sink {
  /** Somebody hears now. Where nobody does, nothing needs to be measured. */
  readonly isHeard: boolean;
  add(name: CounterName, value: number, attributes: MetricAttributes): void;
  /** Of a duration, in seconds. */
  record(name: HistogramName, value: number, attributes: MetricAttributes): void;
  /** Nothing is measured any more. */
  end?(): void;
}

/** The value of one observable metric, now. */
export interface Reading {
  readonly name: ObservableName;
  readonly value: number;
  readonly attributes: MetricAttributes;
}

/** What there is to read of some part, when somebody collects. Takes its time in slices, if it needs any. */
export type Reader = () => Iterable<Reading> | Promise<Iterable<Reading>>;

/** So many different sets of attributes a metric has at most, whatever happens: each is a series for ever. */
export const mostSeries = 200;

/** So long somebody who collects keeps the process, at most. */
const longestReadMs = 5000;

/**
 * All that is measured, on its way to whoever hears of it. Counters are kept, so that one who comes late hears what has
 * been counted since the start. A set of attributes that was there once is read as 0 when it is gone: who collects would
 * show its last value for ever.
 */
export class Measurements {
  /** What breaks on the way is noted here. */
  readonly fault: (where: string, error: unknown) => void;
  readonly #sinks = new Set<Sink>();
  readonly #readers = new Set<Reader>();
  readonly #totals = new Map<CounterName, Map<string, { value: number; readonly attributes: MetricAttributes }>>();
  readonly #known = new Map<keyof typeof metric, Map<string, MetricAttributes>>();
  #dropped = 0;

  constructor(fault: (where: string, error: unknown) => void) {
    this.fault = fault;
  }

  /** Somebody hears. */
  get isHeard(): boolean {
    for (const sink of this.#sinks) if (sink.isHeard) return true;
    return false;
  }

  /** Sets of attributes for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** From now on it hears of all that happens; `totals` tells what has happened. */
  join(sink: Sink): () => void {
    this.#sinks.add(sink);
    return () => void this.#sinks.delete(sink);
  }

  /** Nothing is measured any more: whoever has joined is told so. */
  end(): void {
    this.#tellAll((sink) => sink.end?.());
    this.#sinks.clear();
  }

  /** Is asked whenever somebody collects. */
  readBy(reader: Reader): () => void {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  add(name: CounterName, value: number, attributes: MetricAttributes): void {
    const key = this.#keyOf(name, attributes);
    if (key === undefined) return;
    const totals = this.#totals.get(name) ?? new Map<string, { value: number; attributes: MetricAttributes }>();
    this.#totals.set(name, totals);
    const total = totals.get(key);
    if (total) total.value += value;
    else totals.set(key, { value, attributes });
    this.#tellAll((sink) => sink.isHeard && sink.add(name, value, attributes));
  }

  record(name: HistogramName, value: number, attributes: MetricAttributes): void {
    if (!this.isHeard || this.#keyOf(name, attributes) === undefined) return;
    this.#tellAll((sink) => sink.isHeard && sink.record(name, value, attributes));
  }

  /** What every counter has counted since the start. */
  *totals(): Iterable<{ readonly name: CounterName; readonly value: number; readonly attributes: MetricAttributes }> {
    for (const [name, totals] of this.#totals)
      for (const { value, attributes } of totals.values()) yield { name, value, attributes };
  }

  /** The values of all observable metrics, one for each set of attributes. Never rejects. */
  async read(): Promise<readonly Reading[]> {
    // Whoever awaits it may have nothing else that keeps the process, and our pauses do not.
    const held = setTimeout(() => {}, longestReadMs);
    try {
      return await this.#readAll();
    } finally {
      clearTimeout(held);
    }
  }

  async #readAll(): Promise<readonly Reading[]> {
    const readings: Reading[] = [];
    const present = new Map<ObservableName, Set<string>>();
    let whole = true;
    for (const reader of [...this.#readers]) {
      try {
        for (const reading of await reader()) {
          const key = this.#keyOf(reading.name, reading.attributes);
          const keys = present.get(reading.name) ?? new Set();
          if (key === undefined || keys.has(key)) continue;
          present.set(reading.name, keys.add(key));
          readings.push(reading);
        }
      } catch (error) {
        this.fault('measuring', error);
        whole = false;
      }
    }
    // What could not be read is not gone.
    if (whole) for (const reading of this.#gone(present)) readings.push(reading);
    return readings;
  }

  /** All that was ever read but for counters, at 0: for whoever is told nothing from now on. */
  zeros(): readonly Reading[] {
    return [...this.#gone(new Map())];
  }

  /** Series that are there from before: they are read as 0 until something is read of them. */
  recall(series: readonly Reading[]): void {
    for (const { name, attributes } of series) this.#keyOf(name, attributes);
  }

  /** What was there once and is not any more. A counter that is gone has not become 0: it is not told of. */
  *#gone(present: ReadonlyMap<ObservableName, ReadonlySet<string>>): Iterable<Reading> {
    for (const [name, known] of this.#known) {
      const { observable, instrument }: Metric = metric[name];
      if (!observable || instrument === 'counter') continue;
      for (const [key, attributes] of known)
        if (!present.get(name as ObservableName)?.has(key))
          yield { name: name as ObservableName, value: 0, attributes };
    }
  }

  /** Undefined where there is no room for one more set of attributes. */
  #keyOf(name: keyof typeof metric, attributes: MetricAttributes): string | undefined {
    let key = '';
    for (const attribute of metric[name].attributes) key += `${attributes[attribute] ?? ''}\u0000`;
    const known = this.#known.get(name) ?? new Map<string, MetricAttributes>();
    this.#known.set(name, known);
    if (known.has(key)) return key;
    if (known.size >= mostSeries) {
      this.#dropped++;
      return undefined;
    }
    known.set(key, attributes);
    return key;
  }

  #tellAll(act: (sink: Sink) => void): void {
    for (const sink of [...this.#sinks]) {
      try {
        act(sink);
      } catch (error) {
        this.fault('metrics', error);
      }
    }
  }
}
