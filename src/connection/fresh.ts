import type { Instant } from '../tcp/identity.ts';
import type { Row } from './observation.ts';

/** A look takes no longer from the kernel's answer to here; and most connections are past FIN_WAIT_2 by then. */
const briefUs = 500_000;

/** This process has only just closed the connection. */
export function isFresh(closedAt: Instant, at: Instant): boolean {
  return at < closedAt + briefUs;
}

/** What a row shows of a connection that was closed a moment ago may be from before: that is no news. */
export function mayBeFromBefore({ state, at }: Row, closedAt: Instant | undefined): boolean {
  return closedAt !== undefined && state !== 'time_wait' && isFresh(closedAt, at);
}
