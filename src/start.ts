import { Agent } from './agent.ts';
import type { ConnectionView } from './connection/view.ts';
import type { ExplainedFinding } from './explain/explain.ts';
import { readOptions, type SynfinOptions } from './options.ts';
import type { SourceStatus } from './sources/select.ts';
import { Stderr } from './stderr.ts';

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
  return startAgent(options);
}

/** As `start`, for those who hand the agent its telemetry. */
export function startAgent(options: SynfinOptions): RunningAgent & { readonly agent: Agent | undefined } {
  const notices: string[] = [];
  const read = readOptions(options, process.env, (message) => notices.push(message));
  const already = Reflect.get(globalThis, runningKey) as ReturnType<typeof startAgent> | undefined;
  if (already) return already;
  if (!read.enabled) return disabled;
  const stderr = new Stderr(read.findings);
  for (const notice of notices) stderr.notice(notice);
  const agent = new Agent(telemetryAllowed() ? read : { ...read, spans: 'off' }, stderr);
  const handle = {
    connections: () => agent.connections(),
    findings: () => agent.findings(),
    onFinding: (listener: (finding: ExplainedFinding) => void) => agent.onFinding(listener),
    sources: () => agent.sources(),
    async close() {
      Reflect.deleteProperty(globalThis, runningKey);
      await agent.close();
    },
  };
  const running = Object.defineProperty(handle, 'agent', { value: agent }) as typeof handle & { agent: Agent };
  Object.defineProperty(globalThis, runningKey, { value: running, configurable: true });
  agent.start();
  return running;
}

/** OTEL_SDK_DISABLED: no telemetry, findings still reach stderr. */
function telemetryAllowed(): boolean {
  return process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() !== 'true';
}

const disabled = {
  agent: undefined,
  connections: () => [],
  findings: () => [],
  onFinding: () => () => {},
  sources: () => [],
  close: async () => {},
};
