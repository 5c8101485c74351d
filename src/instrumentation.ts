import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { SynfinOptions } from './options.ts';
import { startAgent } from './start.ts';
import { requireOtelApi } from './telemetry/api.ts';
import { version } from './version.ts';

/**
 * `new NodeSDK({ instrumentations: [new SynfinInstrumentation(options)] })`. An Instrumentation by its shape, without
 * the base class, so that it fits every 2.x and 3.x SDK; it starts the agent and hands it the SDK's providers.
 */
export class SynfinInstrumentation {
  readonly instrumentationName = 'synfin';
  readonly instrumentationVersion = version;
  #config: SynfinOptions;
  #running: ReturnType<typeof startAgent> | undefined;
  #tracerProvider: TracerProvider | undefined;

  constructor(config: SynfinOptions = {}) {
    this.#config = config;
    if (config.enabled !== false) this.enable();
  }

  /** Throws `SynfinError` for a wrong option. */
  enable(): void {
    if (this.#config.enabled === false) return;
    requireOtelApi();
    this.#running ??= startAgent(this.#config);
    this.#running.agent?.spans.setTracerProvider(this.#tracerProvider);
  }

  disable(): void {
    void this.#running?.close();
    this.#running = undefined;
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracerProvider = provider;
    this.#running?.agent?.spans.setTracerProvider(provider);
  }

  setMeterProvider(_provider: MeterProvider): void {}

  /** Takes effect when the agent is started the next time. */
  setConfig(config: SynfinOptions): void {
    this.#config = config;
  }

  getConfig(): SynfinOptions {
    return this.#config;
  }
}
