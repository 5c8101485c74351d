import { ephemeralPorts } from './en/ephemeral-ports.ts';
import { idlePileUp, keepAliveRace } from './en/http.ts';
import { closeWaitLeak, unreadData } from './en/leaks.ts';
import { timeWaitBuildup } from './en/ports.ts';
import { acceptQueueWords, synFlood } from './en/queues.ts';
import { finWait2Stall, handshakeStall, stuckWrite } from './en/stalls.ts';
import type { Words } from './words.ts';

export const english: Words = {
  close_wait_leak: closeWaitLeak,
  unread_data: unreadData,
  stuck_write: stuckWrite,
  fin_wait_2_stall: finWait2Stall,
  handshake_stall: handshakeStall,
  time_wait_buildup: timeWaitBuildup,
  ephemeral_ports: ephemeralPorts,
  accept_queue: acceptQueueWords,
  syn_flood: synFlood,
  keep_alive_race: keepAliveRace,
  idle_pile_up: idlePileUp,
};
