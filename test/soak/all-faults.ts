import type { Fault } from './fault.ts';
import { httpFaults } from './faults/http.ts';
import { keepAliveFaults } from './faults/keep-alive.ts';
import { portFaults } from './faults/ports.ts';
import { queueFaults } from './faults/queues.ts';
import { socketFaults } from './faults/sockets.ts';
import { stallFaults } from './faults/stalls.ts';
import { timeWaitFaults } from './faults/time-waits.ts';

/** By name. A test wants each kind of finding in here. */
export const faults: Readonly<Record<string, Fault>> = {
  ...socketFaults,
  ...httpFaults,
  ...stallFaults,
  ...timeWaitFaults,
  ...portFaults,
  ...queueFaults,
  ...keepAliveFaults,
};
