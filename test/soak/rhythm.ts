import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, did } from './tally.ts';

/** Between so and so much, drawn anew each time. */
export function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/**
 * Does something again and again with a pause of about so many milliseconds, one at a time; what fails is counted. All
 * begin at different times.
 */
export async function again(what: string, everyMs: number, act: () => Promise<unknown>): Promise<never> {
  await sleep(between(0, Math.min(everyMs, 3000)));
  for (;;) {
    try {
      await act();
      did(what);
    } catch (error) {
      did(`${what}: ${codeOf(error)}`);
    }
    await sleep(between(everyMs * 0.5, everyMs * 1.5));
  }
}

/** So many of them side by side. */
export function manyAgain(times: number, what: string, everyMs: number, act: () => Promise<unknown>): void {
  for (let n = 0; n < times; n++) void again(what, everyMs, act);
}

/** Holds the event loop, as parsing a large document does. */
export function hold(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

/**
 * The longest that a healthy end of a connection takes nothing and says nothing while bytes or a FIN wait for it: the
 * soak's own habit, well under every threshold that is in force.
 */
export const stillMs = Number(process.env.SOAK_STILL_MS ?? 20_000);

/** How much of the usual load there is: 1 is a couple of hundred requests a second. */
export const load = Number(process.env.SOAK_LOAD) || 1;
