import { now } from '../../../src/monotonic.ts';
import type { RecorderLimits } from '../../../src/recorder/recorder.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { encodeObservation } from '../../../src/recording/line.ts';
import { row, socketId } from '../../connection/observations.ts';

/** Records as an application would that has synfin; what it tells goes to stderr, as a line. */
export function recorder(path: string, limits: Partial<RecorderLimits> = {}): Recorder {
  const tell = (message: string) => process.stderr.write(`${message}\n`);
  return new Recorder({ path, about: { synfin: '0.1.0', options: {} }, now, tell, limits });
}

/** The n-th, which takes some 200 bytes. */
export function line(n: number): string {
  return encodeObservation(row(socketId(n % 20_000), n, 'established'));
}
