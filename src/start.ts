import { Agent } from './agent.ts';
import type { ConnectionView } from './connection/view.ts';
import type { ExplainedFinding } from './explain/explain.ts';
import type { RemedyCounts } from './leak-closer.ts';
import { readOptions, type SynfinOptions } from './options.ts';
import type { SourceStatus } from './sources/candidate.ts';
import { Stderr } from './stderr.ts';
import type { Measurements } from './telemetry/measurements.ts';
import { startOwnSdk } from './telemetry/own-sdk.ts';
import type { SpanCounts } from './telemetry/telemetry.ts';

/** What a running synfin answers. */
export interface RunningAgent {
  /** All connections that are known now, oldest first. */
  connections(): readonly ConnectionView[];
  /** The findings that are open now. */
  findings(): readonly ExplainedFinding[];
  /** Calls back when a finding is raised, changed or cleared, until the function that it returns is called. */
  onFinding(listener: (finding: ExplainedFinding) => void): () => void;
  /** What runs, what was refused and why, what was lost. */
  sources(): readonly SourceStatus[];
  /** Spans that were told, and those that `maxSpansPerSecond` left out. */
  spans(): SpanCounts;
  /** What `onLeak: 'destroy'` has done: leaked connections that were closed, and those that were left alone. */
  remedies(): RemedyCounts;
  /** Undoes everything that `start()` did. */
  close(): Promise<void>;
}

/** One per thread, whichever copy of the package came first. */
const runningKey = Symbol.for('synfin');

/**
 * Starts watching the TCP connections of this process. A second call returns the agent that runs already, whatever its
 * options. Throws `SynfinError` (`SYNFIN_BAD_OPTION`) for an option that does not exist or a value that is not
 * accepted; wrong environment variables are told on stderr and their defaults used.
 */
export function start(options: SynfinOptions = {}): RunningAgent {
  return startAgent(options).running;
}

/** What other parts of synfin find behind the handle. */
export interface Behind {
  readonly agent: Agent | undefined;
  /** For somebody besides OpenTelemetry. Undefined, and told, where nothing is measured. */
  readonly measured: (forWhom: string) => Measurements | undefined;
}

export interface Started {
  readonly running: RunningAgent & Behind;
  /** The instrumentations that have handed it their telemetry. */
  readonly users: Set<object>;
  /** One of them started it. */
  readonly byInstrumentation: boolean;
}

/** All that is known of the agent of this thread, by its handle. */
const started = new WeakMap<object, Started>();

/** Not closed. */
export function isRunning(running: RunningAgent): boolean {
  return Reflect.get(globalThis, runningKey) === running;
}

/** As `start`, for those who hand the agent its telemetry. */
export function startAgent(options: SynfinOptions, byInstrumentation = false): Started {
  const notices: string[] = [];
  const read = readOptions(options, process.env, (message) => notices.push(message));
  const already = Reflect.get(globalThis, runningKey) as Started['running'] | undefined;
  if (already) return started.get(already) ?? { running: already, users: new Set(), byInstrumentation: false };
  if (!read.enabled) return { running: disabled, users: new Set(), byInstrumentation: false };
  const stderr = new Stderr(read.findings);
  for (const notice of notices) stderr.notice(notice);
  const telemetry = telemetryAllowed();
  const agent = new Agent(telemetry ? read : { ...read, spans: 'off' }, stderr, telemetry);
  const handle = {
    connections: () => agent.connections(),
    findings: () => agent.findings(),
    onFinding: (listener: (finding: ExplainedFinding) => void) => agent.onFinding(listener),
    sources: () => agent.sources(),
    spans: () => agent.spans(),
    remedies: () => agent.remedies(),
    async close() {
      // Another agent may have been started since this one was closed.
      if (isRunning(running)) Reflect.deleteProperty(globalThis, runningKey);
      await agent.close();
    },
  };
  const measured: Behind['measured'] = (forWhom) => {
    if (telemetry) return agent.telemetry.measurements;
    stderr.notice(`OTEL_SDK_DISABLED is set: there are no metrics for ${forWhom}`);
    return undefined;
  };
  const behind = { agent: { value: agent }, measured: { value: measured } };
  const running = Object.defineProperties(handle, behind) as typeof handle & Behind;
  Object.defineProperty(globalThis, runningKey, { value: running, configurable: true });
  agent.start();
  if (telemetry && read.startSdk) startSdk(stderr);
  const all = { running, users: new Set<object>(), byInstrumentation };
  started.set(running, all);
  return all;
}

/** OTEL_SDK_DISABLED: no telemetry, findings still reach stderr. */
function telemetryAllowed(): boolean {
  return process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() !== 'true';
}

/** The application runs on without one. */
function startSdk(stderr: Stderr): void {
  try {
    startOwnSdk();
  } catch (error) {
    stderr.notice(`SYNFIN_START_SDK: no SDK was started: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const disabled = {
  agent: undefined,
  measured: () => undefined,
  connections: () => [],
  findings: () => [],
  onFinding: () => () => {},
  sources: () => [],
  spans: () => ({ told: 0, dropped: 0 }),
  remedies: () => ({ destroyed: 0, left: 0 }),
  close: async () => {},
};
