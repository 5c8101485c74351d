import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, keep } from '../fault.ts';
import { host } from '../listening.ts';

const few = ['sysctl -qw net.ipv4.ip_local_port_range="20000 20299"'];

/** Connections that are opened and never closed. */
async function open(port: number, times: number, pauseMs: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    keep(connect(port, host)).on('error', () => {});
    await sleep(pauseMs);
  }
}

/** The ports towards one destination are used up. */
export const portFaults: Readonly<Record<string, Fault>> = {
  'ports-exhausted': {
    kind: 'ephemeral_ports',
    cause: 'exhausted',
    orCauses: ['forecast'],
    before: [],
    atPlant: few,
    plant({ open: port }) {
      void open(port, 320, 5);
      return undefined;
    },
  },
  'ports-forecast': {
    kind: 'ephemeral_ports',
    cause: 'forecast',
    orCauses: ['exhausted'],
    before: [],
    atPlant: few,
    plant({ open: port }) {
      void open(port, 260, 250);
      return undefined;
    },
  },
};
