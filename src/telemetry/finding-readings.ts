import type { Finding } from '../detectors/detector.ts';
import { type FindingKind, type LeakKind, leakKinds } from '../detectors/kinds.ts';
import type { MetricAttributes, Reading } from './measurements.ts';
import { metricAttribute } from './metric-names.ts';

const { leakType, leakCause, findingKind, findingCause, findingSeverity } = metricAttribute;

/** `synfin.leak.type` of each kind of leak. */
const typeOf: Readonly<Record<LeakKind, string>> = { close_wait_leak: 'close_wait', unread_data: 'unread_data' };

export function leakAttributes(kind: LeakKind, cause: string): MetricAttributes {
  return { [leakType]: typeOf[kind], [leakCause]: cause };
}

/** How many findings are open, and how many connections leak. */
export function findingReadings(open: readonly Finding[]): readonly Reading[] {
  const sums = new Map<string, { name: Reading['name']; value: number; attributes: MetricAttributes }>();
  const add = (name: Reading['name'], value: number, attributes: MetricAttributes) => {
    const key = [name, ...Object.values(attributes)].join();
    const sum = sums.get(key) ?? { name, value: 0, attributes };
    sum.value += value;
    sums.set(key, sum);
  };
  for (const { kind, cause, severity, count } of open) {
    const what = { [findingKind]: kind, [findingCause]: cause, [findingSeverity]: severity };
    add('synfin.finding.count', 1, what);
    if (isLeak(kind)) add('synfin.tcp.connection.leak.count', count, leakAttributes(kind, cause));
  }
  return [...sums.values()];
}

export function isLeak(kind: FindingKind): kind is LeakKind {
  return (leakKinds as readonly string[]).includes(kind);
}
