import { register as globalRegister, type Registry, type RegistryContentType } from 'prom-client';
import { SynfinError } from '../errors.ts';
import { type Behind, isRunning, type RunningAgent, start } from '../start.ts';
import type { Measurements } from '../telemetry/measurements.ts';
import { unknownOption, wrongOption } from '../wrong-option.ts';
import { RegistrySink } from './registry-sink.ts';

export interface CollectMetricsOptions {
  /** Of any copy of prom-client; its global one, unless given. */
  readonly register?: Registry<RegistryContentType> | undefined;
  /** The one that runs, unless given; when none runs, one is started with the options of the environment. */
  readonly agent?: RunningAgent | undefined;
}

const names: readonly string[] = ['register', 'agent'] satisfies (keyof CollectMetricsOptions)[];

/** What each registry has of us. */
const joined = new WeakMap<object, RegistrySink>();

/**
 * Has a registry of prom-client tell all metrics, as `collectDefaultMetrics` does Node's. Counters tell what was counted
 * since the agent was started, histograms what happens from now on. Gives back what undoes it; closing the agent does so
 * too. Asked again for the same registry, it changes nothing and gives back the same.
 *
 * Registers nothing where synfin is disabled, where the agent is closed, and where `OTEL_SDK_DISABLED` is set.
 * Throws `SynfinError`: `SYNFIN_BAD_OPTION`, and `SYNFIN_METRIC_EXISTS` when the registry has another metric of such a
 * name already.
 */
export function collectMetrics(options: CollectMetricsOptions = {}): () => void {
  for (const name of Object.keys(options)) if (!names.includes(name)) throw unknownOption(name, names);
  const { register = globalRegister, agent = start() } = options;
  if (!isRegistry(register)) throw wrongOption('register', register, 'a registry of prom-client');
  const measurements = measurementsOf(agent);
  if (measurements === undefined) return () => {};
  const before = joined.get(register);
  if (before?.isOf(measurements)) return before.end;
  before?.end();
  const sink = new RegistrySink(measurements);
  try {
    sink.join(register);
  } catch (error) {
    sink.end();
    throw new SynfinError('SYNFIN_METRIC_EXISTS', `the registry does not take synfin's metrics: ${said(error)}`, {
      cause: error,
    });
  }
  joined.set(register, sink);
  return sink.end;
}

/** Undefined where there is nothing to tell. */
function measurementsOf(agent: RunningAgent): Measurements | undefined {
  const { measured } = (agent ?? {}) as Partial<Behind>;
  if (typeof measured !== 'function') throw wrongOption('agent', agent, 'what start() gives back');
  return isRunning(agent) ? measured('collectMetrics()') : undefined;
}

function isRegistry(value: unknown): value is Registry {
  const methods = ['registerMetric', 'getMetricsAsArray', 'getSingleMetric', 'removeSingleMetric'];
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
