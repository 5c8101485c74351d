import type { Lifecycle } from './lifecycle.ts';
import type { SweepEnd } from './observation.ts';

/** A whole sweep over a state that no longer shows a connection, which only sweeps can see, proves that it left. */
export function isProvenAbsent(connection: Lifecycle, { whole, states, startedAt, source }: SweepEnd): boolean {
  // Where descriptors can be asked, they tell of a connection that this process has open; elsewhere only the table does.
  const asked = source === 'sock_diag' || connection.lookedBy === 'descriptor';
  const onlySwept = connection.phase === 'released' || !connection.inJavaScript || !asked;
  const seen = connection.lookedAt !== undefined && connection.lookedAt >= startedAt;
  return whole && onlySwept && !seen && states.includes(connection.state);
}
