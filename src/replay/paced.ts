import type { Language } from '../explain/language.ts';
import { Replay, type Replayed } from './replay.ts';

export interface Pace {
  /** 1: as long as it took then; 10: ten times as fast; Infinity: as fast as it goes. */
  readonly speed: number;
  /** Waits for so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** A wait for less is not worth it: it goes to the next one. */
const leastMs = 10;

/** What there is to tell of the lines of a recording, part after part, at the pace that is wanted. */
export async function* replay(
  lines: AsyncIterable<string> | Iterable<string>,
  { speed, sleep }: Pace,
  language?: Language,
): AsyncGenerator<Replayed> {
  const replayed = new Replay(language);
  let reached: number | undefined;
  let dueMs = 0;
  for await (const line of lines) {
    const told = replayed.take(line);
    // A look is told of with the time at which it began: time does not go back.
    const at = Math.max(replayed.at ?? 0, reached ?? 0);
    if (told.some((one) => one.kind === 'part' && !one.follows)) reached = undefined;
    else {
      dueMs += reached === undefined ? 0 : (at - reached) / 1000 / speed;
      reached = at || undefined;
    }
    if (dueMs >= leastMs) {
      await sleep(dueMs);
      dueMs = 0;
    }
    yield* told;
  }
  yield* replayed.end();
}
