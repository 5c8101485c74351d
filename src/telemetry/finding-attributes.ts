import type { Finding, SampledConnection } from '../detectors/detector.ts';
import type { ExplainedFinding } from '../explain/explain.ts';
import { networkType, parseEndpoint } from '../tcp/endpoint.ts';
import { codeAttributes } from './code-attributes.ts';
import { isLeak, leakAttributes } from './finding-readings.ts';
import { metricAttribute as m } from './metric-names.ts';
import type { LogAttributes } from './otel-logger.ts';
import { attribute as a, logAttribute as l } from './semconv.ts';

/** What is wrong, how much of it there is now, and what to do. Ages are in seconds, the growth is in a minute. */
export function findingAttributes(finding: ExplainedFinding): LogAttributes {
  const { kind, cause, subject, forecast } = finding;
  const serving = parseEndpoint(subject.destination ?? subject.listener ?? '');
  const error = errorOf(finding);
  return {
    [l.findingId]: finding.id,
    [m.findingKind]: kind,
    [m.findingCause]: cause,
    [m.findingSeverity]: finding.severity,
    [l.findingStatus]: finding.status,
    [l.findingAge]: finding.age_s,
    [l.findingAffected]: finding.count,
    [l.findingGrowthRate]: finding.growth_per_minute,
    ...(subject.share !== undefined && { [l.findingShare]: subject.share }),
    ...(subject.limit !== undefined && { [l.findingLimit]: subject.limit }),
    ...(forecast && { [l.forecastLimit]: forecast.limit, [l.forecastReachedIn]: forecast.reached_in_s }),
    [l.findingConfidence]: finding.confidence,
    [l.findingAdvice]: finding.advice,
    ...(isLeak(kind) && leakAttributes(kind, cause)),
    [a.networkTransport]: 'tcp',
    [a.role]: subject.role,
    ...(subject.local_address !== undefined && { [a.networkLocalAddress]: subject.local_address }),
    ...(serving && { [a.serverAddress]: serving.address, [a.serverPort]: serving.port }),
    ...(error !== undefined && { [a.errorType]: error }),
  };
}

/** Which connection, and from which line: what stays true of it when the finding is over. */
export function sampleAttributes(sample: SampledConnection): LogAttributes {
  const { connection_id: id, call_site } = sample;
  const local = sample.local === null ? undefined : parseEndpoint(sample.local);
  const peer = sample.peer === null ? undefined : parseEndpoint(sample.peer);
  const end = peer ?? local;
  return {
    // Of a TIME_WAIT of which only the line is known.
    ...(id !== 'unknown' && { [a.connectionId]: id }),
    ...(end && { [a.networkType]: networkType(end.address) }),
    ...(local && { [a.networkLocalAddress]: local.address, [a.networkLocalPort]: local.port }),
    ...(peer && { [a.networkPeerAddress]: peer.address, [a.networkPeerPort]: peer.port }),
    ...codeAttributes(call_site),
  };
}

/** How that connection stands now. */
export function standingAttributes({ kind }: Finding, { state, age_s }: SampledConnection): LogAttributes {
  return { [a.networkConnectionState]: state, ...(isLeak(kind) && { [l.leakAge]: age_s }) };
}

/** What a call of connect() failed with, where that is what the finding is about. */
function errorOf({ kind, subject: { failures = 0, pooled_bind } }: Finding): string | undefined {
  if (kind !== 'ephemeral_ports' || failures === 0) return undefined;
  return pooled_bind ? 'EADDRINUSE' : 'EADDRNOTAVAIL';
}
