import type { Instant } from '../tcp/identity.ts';

/** Wall minus monotonic time, in milliseconds, as it was from a moment on. */
export interface WallOffset {
  readonly since: Instant;
  readonly ms: number;
}

/** Wall time of an instant, ISO 8601. `offsets`: the latest first, one at least; what is older than all goes by the last. */
export function wallTimeOf(at: Instant, offsets: readonly WallOffset[]): string {
  const held = offsets.find(({ since }) => since <= at) ?? offsets.at(-1);
  return new Date(at / 1000 + (held?.ms ?? 0)).toISOString();
}
