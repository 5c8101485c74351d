import type { TcpState } from '../tcp/state.ts';
import type { Glance } from './census.ts';

/** Those in which a connection goes on after its descriptor was closed, but TIME_WAIT, which ends by itself. */
export const orphanStates = ['fin_wait_1', 'fin_wait_2', 'last_ack', 'closing'] as const satisfies TcpState[];

const all: ReadonlySet<TcpState> = new Set(orphanStates);

/** The kernel goes on with this connection for nobody: its process has closed the descriptor, or is gone. */
export function isOrphan({ inode, state }: Glance): boolean {
  return inode === 0 && all.has(state);
}
