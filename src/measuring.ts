import { isMainThread } from 'node:worker_threads';
import type { Tracker } from './connection/tracker.ts';
import type { Finding } from './detectors/detector.ts';
import type { SourceStatus } from './sources/candidate.ts';
import type { NetSource } from './sources/net/net-source.ts';
import { descriptorCount } from './sources/proc/proc-fd.ts';
import { openFilesLimit } from './sources/proc/proc-limits.ts';
import { Slices } from './sources/slices.ts';
import type { Instant } from './tcp/identity.ts';
import { ConnectionCount, isStateKnown } from './telemetry/connection-readings.ts';
import { findingReadings } from './telemetry/finding-readings.ts';
import type { HostReadings } from './telemetry/host-readings.ts';
import type { Measurements, Reader, Reading } from './telemetry/measurements.ts';
import { sourceReadings } from './telemetry/source-readings.ts';

export interface MeasuringPorts {
  readonly measurements: Measurements;
  readonly net: NetSource;
  readonly tracker: Tracker;
  readonly findings: () => readonly Finding[];
  readonly sources: () => readonly SourceStatus[];
  readonly spansDropped: () => number;
  /** What the last look has shown around the connections. */
  readonly around: HostReadings;
  readonly procRoot: string;
  readonly now: () => Instant;
}

/** What is read of this process whenever somebody collects. Gives back what undoes it. */
export function measureProcess(ports: MeasuringPorts): () => void {
  const { measurements, findings, sources, spansDropped, around, now } = ports;
  const readers: Reader[] = [
    () => connectionsNow(ports),
    () => findingReadings(findings()),
    () => sourceReadings(sources()),
    () => around.readings(now()),
    () => [{ name: 'synfin.spans.dropped', value: spansDropped(), attributes: {} }],
  ];
  // One thread speaks for the process.
  if (isMainThread) readers.push(() => descriptorsNow(ports.procRoot));
  const undo = readers.map((reader) => measurements.readBy(reader));
  return () => undo.forEach((act) => void act());
}

async function connectionsNow({ net, tracker, now }: MeasuringPorts): Promise<readonly Reading[]> {
  const count = new ConnectionCount();
  const slices = new Slices(now);
  slices.begin();
  // The tracker may be told of some while this rests: of each it is asked when its turn comes.
  for (const held of net.held()) {
    const { role, state } = tracker.get(held.number) ?? held;
    count.add(role, state);
    if (slices.isOver()) await slices.rest();
  }
  for (const connection of tracker.connections()) {
    const { ref, role, state } = connection;
    const isOther = ref === undefined || !net.holds(ref);
    if (isOther && isStateKnown(connection)) count.add(role, state);
    if (slices.isOver()) await slices.rest();
  }
  slices.end();
  return count.readings();
}

async function descriptorsNow(procRoot: string): Promise<readonly Reading[]> {
  const limit = openFilesLimit(procRoot, 'self');
  const counted = await descriptorCount(procRoot, 'self');
  const usage = counted === 'exhausted' ? limit : counted;
  const readings: Reading[] = [];
  if (usage !== undefined)
    readings.push({ name: 'synfin.process.file_descriptor.usage', value: usage, attributes: {} });
  if (limit !== undefined)
    readings.push({ name: 'synfin.process.file_descriptor.limit', value: limit, attributes: {} });
  return readings;
}
