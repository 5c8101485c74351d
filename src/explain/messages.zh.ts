import type { Words } from './words.ts';
import { ephemeralPorts } from './zh/ephemeral-ports.ts';
import { idlePileUp, keepAliveRace } from './zh/http.ts';
import { closeWaitLeak, unreadData } from './zh/leaks.ts';
import { timeWaitBuildup } from './zh/ports.ts';
import { acceptQueueWords, synFlood } from './zh/queues.ts';
import { finWait2Stall, handshakeStall, stuckWrite } from './zh/stalls.ts';

export const chinese: Words = {
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
