import type { Lifecycle, Role } from '../connection/lifecycle.ts';
import { type TcpState, tcpStateNames } from '../tcp/state.ts';
import type { Reading } from './measurements.ts';
import { attribute } from './semconv.ts';

/** A listener is no connection, and a closed one is none any more. */
const counted = tcpStateNames.filter((state) => state !== 'listen' && state !== 'closed');

/** Roles that are told of even when there is none: a line that begins at 0 can be seen to rise. */
const usual: readonly Role[] = ['client', 'server'];

/** Counts connections by state and role. */
export class ConnectionCount {
  readonly #counts = new Map<Role, Map<TcpState, number>>(
    usual.map((role) => [role, new Map(counted.map((state) => [state, 0]))]),
  );

  add(role: Role, state: TcpState): void {
    if (state === 'listen' || state === 'closed') return;
    const states = this.#counts.get(role) ?? new Map<TcpState, number>();
    this.#counts.set(role, states);
    states.set(state, (states.get(state) ?? 0) + 1);
  }

  readings(): readonly Reading[] {
    return [...this.#counts].flatMap(([role, states]) =>
      [...states].map(([state, value]) => {
        const attributes = { [attribute.networkConnectionState]: state, [attribute.role]: role };
        return { name: 'synfin.tcp.connection.count', value, attributes } as const;
      }),
    );
  }
}

/**
 * Of a connection whose descriptor is closed, the state that was seen last says nothing any more, unless the kernel has
 * shown it since.
 */
export function isStateKnown({ phase, lookedAt, endedAt }: Lifecycle): boolean {
  return phase !== 'released' || (lookedAt !== undefined && endedAt !== undefined && lookedAt > endedAt);
}
