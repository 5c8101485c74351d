import type { RecordingHeader } from '../recording/header.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Asking } from './writer.ts';

/** What only the owner of a recording knows of it. */
export type About = Pick<RecordingHeader, 'synfin' | 'options'>;

/** Taken when the program starts: one that replaces the clocks for its tests replaces not ours. */
const WallClock = Date;

export function partHeader(about: About, me: Asking, part: number, at: Instant, pseudonyms: boolean): RecordingHeader {
  const { version: node, platform } = process;
  const { run, pid, thread, writer } = me;
  const startedAt = new WallClock().toISOString();
  const { synfin, options } = about;
  return {
    ...{ kind: 'recording', version: 1, synfin, part, run, pid, thread, node, platform, startedAt, at, pseudonyms },
    ...{ options, ...(writer && { writer }) },
  };
}
