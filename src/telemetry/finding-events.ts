import type { FindingKind } from '../detectors/kinds.ts';

/** The EventName of the log record that a finding goes out as, when it is raised and when it changes. */
export const findingEvent = {
  close_wait_leak: 'synfin.tcp.connection.leak.detected',
  unread_data: 'synfin.tcp.connection.leak.detected',
  stuck_write: 'synfin.tcp.write.stall',
  fin_wait_2_stall: 'synfin.tcp.fin_wait_2.stall',
  handshake_stall: 'synfin.tcp.handshake.stall',
  time_wait_buildup: 'synfin.tcp.time_wait.buildup',
  ephemeral_ports: 'synfin.tcp.ephemeral_port.exhaustion',
  accept_queue: 'synfin.tcp.accept_queue.overflow',
  syn_flood: 'synfin.tcp.syn_queue.flood',
  keep_alive_race: 'synfin.tcp.keep_alive.race',
  idle_pile_up: 'synfin.tcp.idle_connection.buildup',
} as const satisfies Record<FindingKind, string>;

/** The same when it is cleared: `synfin.tcp.connection.leak.resolved`. */
export function resolvedEvent(kind: FindingKind): string {
  return `${findingEvent[kind].replace(/\.detected$/, '')}.resolved`;
}
