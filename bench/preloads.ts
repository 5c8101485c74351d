import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Row } from './benchmark.ts';
import { builtProgram, register } from './subjects.ts';

/** What is loaded into a process before the application. */
export interface Preload {
  readonly nodeOptions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const bare = 'bare';
/** The noise: the same as bare, measured as if it were another variant. */
export const bareAgain = 'bare again';
export const hook = 'synfin, no spans';
export const hookWithSpans = 'synfin, every span';
export const hookWithLimit = 'synfin, spans as they come';
export const hookWithMetrics = 'synfin, metrics, no spans';
export const hookWithBoth = 'synfin, metrics, and spans as they come';
export const instrumentationNet = 'instrumentation-net';
export const ddTrace = 'dd-trace';

const nothing: Preload = { nodeOptions: [], env: {} };
const quiet = { SYNFIN_CALL_SITES: 'off', SYNFIN_FINDINGS: 'off' };

/** A table's rows of these variants, each against bare. */
export function againstBare(targets: Readonly<Record<string, Row['atMost']>>): Row[] {
  const rows = Object.entries(targets).map(([variant, atMost]) => ({ variant, against: bare, atMost }));
  return [{ variant: bare }, { variant: bareAgain, against: bare }, ...rows] as Row[];
}

/** How each variant is loaded here, or what that would need. */
export function preloadOf(variant: string, peers: string | undefined): Preload | string {
  switch (variant) {
    case bare:
    case bareAgain:
      return nothing;
    case hook:
      return { nodeOptions: ['--import', register], env: { ...quiet, SYNFIN_SPANS: 'off' } };
    case hookWithSpans:
      return withSdk({ ...quiet, SYNFIN_MAX_SPANS_PER_SECOND: '1000000' }, peers, ['--import', register]);
    case hookWithLimit:
      return withSdk(quiet, peers, ['--import', register]);
    case hookWithMetrics:
      return withMetrics({ SYNFIN_SPANS: 'off', BENCH_SIGNALS: 'metrics' });
    case hookWithBoth:
      return withMetrics({ BENCH_SIGNALS: 'all' });
    case instrumentationNet:
      return peerHas(peers, '@opentelemetry/instrumentation-net')
        ? withSdk({ BENCH_INSTRUMENT_NET: '1' }, peers)
        : needed('@opentelemetry/instrumentation-net');
    case ddTrace:
      return peers && peerHas(peers, 'dd-trace')
        ? { nodeOptions: ['--require', join(peers, 'node_modules/dd-trace/init.js'), '--require', 'net'], env: ddEnv }
        : needed('dd-trace');
    default:
      throw new Error(`no variant is called ${variant}`);
  }
}

/** As it comes, without what would call home. It patches what is required: `net` is, after it. */
const ddEnv = {
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_TRACE_STARTUP_LOGS: 'false',
};

function withSdk(
  env: Readonly<Record<string, string>>,
  peers: string | undefined,
  after: readonly string[] = [],
): Preload {
  // Without the peers' packages, the SDK that synfin is tested with.
  const from = peers ?? sdkOfThisRepository();
  const nodeOptions = ['--import', builtProgram('workloads/otel-sdk.js'), ...after];
  return { nodeOptions, env: { ...env, BENCH_SDK_FROM: from } };
}

/** The peers have no SDK for metrics. */
function withMetrics(env: Readonly<Record<string, string>>): Preload {
  return withSdk({ ...quiet, ...env }, undefined, ['--import', register]);
}

function sdkOfThisRepository(): string {
  return createRequire(import.meta.url).resolve('@opentelemetry/sdk-node');
}

function peerHas(peers: string | undefined, name: string): boolean {
  return peers !== undefined && existsSync(join(peers, 'node_modules', name));
}

function needed(name: string): string {
  return `the package ${name}, which npm ci in bench/peers installs`;
}
