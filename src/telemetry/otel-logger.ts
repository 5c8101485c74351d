import type { Context } from '@opentelemetry/api';
import { globalLogs } from './api.ts';
import type { HrTime } from './wall-clock.ts';

export type LogAttributes = Readonly<Record<string, string | number | boolean>>;

/** A record as both logs APIs take it. */
export interface LogRecord {
  readonly eventName: string;
  readonly timestamp: HrTime;
  /** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: LogAttributes;
  /** Without one, the SDK takes the context that is active. */
  readonly context?: Context;
}

/** The LoggerProvider of both logs APIs, as far as it is needed. */
export interface LoggerProvider {
  getLogger(name: string, version?: string): { emit(record: LogRecord): unknown };
}

/** It stands for another one, once that is registered: both APIs have such a proxy. */
interface Proxy {
  _getDelegate?(): LoggerProvider;
}

export interface OtelLoggerOptions {
  readonly version: string;
  /** False: nothing is told. */
  readonly enabled: boolean;
}

/**
 * Takes records to whichever OpenTelemetry SDK is there: the one that was handed over, or one that is registered with
 * either of the two logs APIs. Looked for anew each time: an SDK may come late, or another one.
 */
export class OtelLogger {
  readonly #options: OtelLoggerOptions;
  #own: LoggerProvider | undefined;

  constructor(options: OtelLoggerOptions) {
    this.#options = options;
  }

  /** Records go to this provider, as soon as it leads somewhere, instead of the one that is registered globally. */
  setLoggerProvider(provider: LoggerProvider | undefined): void {
    this.#own = provider;
  }

  /** The provider that was set. */
  get ownProvider(): LoggerProvider | undefined {
    return this.#own;
  }

  /** Somebody is there who may take a record. */
  get isHeard(): boolean {
    return this.#provider() !== undefined;
  }

  /**
   * To one provider, once; to nobody where there is none. Throws what the provider throws, and gives back what it gives
   * back: of an application's own that may be a promise.
   */
  emit(record: LogRecord): unknown {
    return this.#provider()?.getLogger('synfin', this.#options.version).emit(record);
  }

  #provider(): LoggerProvider | undefined {
    if (!this.#options.enabled) return undefined;
    const registered = globalLogs() as readonly LoggerProvider[];
    for (const given of this.#own ? [this.#own, ...registered] : registered) {
      const provider = (given as Proxy)._getDelegate?.() ?? given;
      // What a proxy leads to before an SDK is registered, or for ever where that was registered with another copy of it.
      if (provider.constructor?.name !== 'NoopLoggerProvider') return provider;
    }
    return undefined;
  }
}
