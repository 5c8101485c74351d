import { causesOf, findingKinds } from '../../src/detectors/kinds.ts';
import { findingEvent, resolvedEvent } from '../../src/telemetry/finding-events.ts';
import { metric } from '../../src/telemetry/metric-names.ts';
import { attribute, eventPrefix } from '../../src/telemetry/semconv.ts';
import { knownSeries, wrongIn } from './promql.ts';

/** Values that labels of ours can have, where there is a list of them. */
const valuesOf: Readonly<Record<string, readonly string[]>> = {
  synfin_finding_kind: findingKinds,
  synfin_finding_cause: Object.values(causesOf).flat(),
  synfin_finding_severity: ['warning', 'critical'],
  synfin_leak_type: ['close_wait', 'unread_data'],
  synfin_leak_cause: causesOf.close_wait_leak,
  synfin_tcp_role: ['client', 'server'],
  synfin_source_name: ['net', 'ebpf', 'daemon', 'sock_diag', 'procfs', 'netstat'],
};

/** What is wrong with the names in an expression of an alert or a rule test: metrics, labels, and values of labels. */
export function wrongNamesIn(expression: string): readonly string[] {
  // Of Prometheus itself: whether the scrape succeeded, and its alerts.
  const wrong = wrongIn(expression).filter((text) => !/^no metric: (?:up|ALERTS)\b/.test(text));
  for (const [, label = '', value = ''] of expression.matchAll(/(\w+)\s*(?:=|!=)\s*"([^"]+)"/g))
    if (valuesOf[label]?.includes(value) === false) wrong.push(`no value of ${label}: ${value}`);
  return wrong;
}

/** Every name of ours that a text may speak of, in OpenTelemetry's spelling and in that of Prometheus. */
export const knownNames: ReadonlySet<string> = new Set([
  ...Object.keys(metric),
  ...Object.values(attribute),
  ...knownSeries.keys(),
  ...[...knownSeries.values()].flat(),
  ...findingKinds.flatMap((kind) => [findingEvent[kind], resolvedEvent(kind)]),
  eventPrefix,
]);
