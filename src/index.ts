export type { CloseInitiator, CloseType, Role, StateChange } from './connection/lifecycle.ts';
export type { Step, StepName } from './connection/lifecycle-event.ts';
export type { HttpSignals, ObservationSource, SocketSignals } from './connection/observation.ts';
export type { ConnectionView } from './connection/view.ts';
export type {
  FindingKind,
  Forecast,
  LeakCause,
  SampledConnection,
  Severity,
  Subject,
} from './detectors/detector.ts';
export { NotSupportedError, SynfinError, type SynfinErrorCode } from './errors.ts';
export type { ExplainedFinding as Finding } from './explain/explain.ts';
export { SynfinInstrumentation, type SynfinInstrumentationConfig } from './instrumentation.ts';
export type { SynfinOptions } from './options.ts';
export type { SourceStatus } from './sources/candidate.ts';
export { type RunningAgent, start } from './start.ts';
export type { Endpoint } from './tcp/endpoint.ts';
export type { Instant } from './tcp/identity.ts';
export type { TcpState } from './tcp/state.ts';
export type { ConnectionInfo, SpanHooks } from './telemetry/span-hooks.ts';
export type { SpanCounts } from './telemetry/telemetry.ts';
