import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { SynfinError } from './errors.ts';
import { readOptions, type SynfinOptions } from './options.ts';
import { isRunning, type Started, startAgent } from './start.ts';
import { requireOtelApi } from './telemetry/api.ts';
import type { LoggerProvider } from './telemetry/otel-logger.ts';
import { hookTypes, type SpanHooks } from './telemetry/span-hooks.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { version } from './version.ts';

/** The options of `start()`, and the application's say in what is told. */
export interface SynfinInstrumentationConfig extends SynfinOptions, SpanHooks {}

/**
 * `new NodeSDK({ instrumentations: [new SynfinInstrumentation(options)] })`. An Instrumentation by its shape, without
 * the base class, so that it fits every 2.x and 3.x SDK; it starts the agent, or finds the one that runs, and hands it
 * the SDK's provider and the hooks.
 */
export class SynfinInstrumentation {
  readonly instrumentationName = 'synfin';
  readonly instrumentationVersion = version;
  #config: SynfinInstrumentationConfig;
  #started: Started | undefined;
  #tracerProvider: TracerProvider | undefined;
  #meterProvider: MeterProvider | undefined;
  #loggerProvider: LoggerProvider | undefined;
  #hooks: SpanHooks | undefined;

  /** Throws `SynfinError` (`SYNFIN_BAD_OPTION`) for a wrong option or hook. */
  constructor(config: SynfinInstrumentationConfig = {}) {
    this.#config = config;
    if (config.enabled !== false) this.enable();
  }

  /** Throws as the constructor does. */
  enable(): void {
    if (this.#config.enabled === false) return;
    const { options, hooks } = parted(this.#config);
    requireOtelApi();
    // One that was closed in the meantime is started anew.
    if (this.#started && !isRunning(this.#started.running)) this.#started = undefined;
    this.#started ??= startAgent(options, true);
    this.#started.users.add(this);
    if (this.#tracerProvider) this.#telemetry?.setTracerProvider(this.#tracerProvider);
    if (this.#meterProvider) this.#telemetry?.setMeterProvider(this.#meterProvider);
    if (this.#loggerProvider) this.#telemetry?.logger.setLoggerProvider(this.#loggerProvider);
    if (Object.keys(hooks).length > 0) this.#setHooks(hooks);
  }

  /**
   * Takes back this instrumentation's provider and hooks, and ends the agent when instrumentations started it and this
   * was the last of them.
   */
  disable(): void {
    const started = this.#started;
    const telemetry = this.#telemetry;
    this.#started = undefined;
    started?.users.delete(this);
    if (started?.byInstrumentation && started.users.size === 0) return void started.running.close();
    telemetry?.unset({
      tracers: this.#tracerProvider,
      meters: this.#meterProvider,
      loggers: this.#loggerProvider,
      hooks: this.#hooks,
    });
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracerProvider = provider;
    this.#telemetry?.setTracerProvider(provider);
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meterProvider = provider;
    this.#telemetry?.setMeterProvider(provider);
  }

  /** Of either logs API: that of @opentelemetry/api since 1.10, or @opentelemetry/api-logs. */
  setLoggerProvider(provider: LoggerProvider): void {
    this.#loggerProvider = provider;
    this.#telemetry?.logger.setLoggerProvider(provider);
  }

  /** Hooks take effect at once, options when the agent is started the next time. Throws as the constructor does. */
  setConfig(config: SynfinInstrumentationConfig): void {
    const { options, hooks } = parted(config);
    readOptions(options, {}, () => {});
    this.#config = config;
    this.#setHooks(hooks);
  }

  getConfig(): SynfinInstrumentationConfig {
    return this.#config;
  }

  #setHooks(hooks: SpanHooks): void {
    this.#hooks = hooks;
    this.#telemetry?.setHooks(hooks);
  }

  get #telemetry(): Telemetry | undefined {
    return this.#started?.running.agent?.telemetry;
  }
}

/** The hooks, checked, and what is left: the options, which the agent checks. */
function parted(config: SynfinInstrumentationConfig): { options: SynfinOptions; hooks: SpanHooks } {
  const options: Record<string, unknown> = {};
  const hooks: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    const type = Object.hasOwn(hookTypes, name) ? hookTypes[name as keyof SpanHooks] : undefined;
    if (type === undefined) options[name] = value;
    else if (value !== undefined) {
      if (typeof value !== type) throw new SynfinError('SYNFIN_BAD_OPTION', `${name} takes a ${type}`);
      hooks[name] = value;
    }
  }
  return { options, hooks };
}
