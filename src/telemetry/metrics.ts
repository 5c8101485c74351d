import type { Attributes, Counter, MeterProvider } from '@opentelemetry/api';
import { globalMeterProvider } from './api.ts';
import { metric } from './metric-names.ts';

/** Metrics that are told as it happens, and counted. */
export type CounterName = {
  [Name in keyof typeof metric]: (typeof metric)[Name] extends { instrument: 'counter'; observable: false }
    ? Name
    : never;
}[keyof typeof metric];

export interface MetricsOptions {
  readonly version: string;
  /** False: OTEL_SDK_DISABLED. */
  readonly allowed: boolean;
  readonly fault: (where: string, error: unknown) => void;
}

/** What is measured, on its way to whichever SDK is registered. What happens before there is one is not counted. */
export class Metrics {
  readonly #options: MetricsOptions;
  /** Whose instruments these are: one that was made before an SDK was there, or by another, leads nowhere for ever. */
  #provider: MeterProvider | undefined;
  readonly #counters = new Map<CounterName, Counter>();

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  add(name: CounterName, value: number, attributes: Attributes): void {
    try {
      this.#counter(name)?.add(value, attributes);
    } catch (error) {
      this.#options.fault('metrics', error);
    }
  }

  #counter(name: CounterName): Counter | undefined {
    const { version, allowed } = this.#options;
    const provider = allowed ? globalMeterProvider() : undefined;
    if (provider === undefined) return undefined;
    if (provider !== this.#provider) this.#counters.clear();
    this.#provider = provider;
    const known = this.#counters.get(name);
    if (known) return known;
    const { unit } = metric[name];
    const made = provider.getMeter('synfin', version).createCounter(name, { unit });
    this.#counters.set(name, made);
    return made;
  }
}
