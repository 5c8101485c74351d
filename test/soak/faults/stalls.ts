import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, keep, vanishingAddress } from '../fault.ts';
import { host } from '../listening.ts';

const much = 8_000_000;

async function connected(port: number, to = host): Promise<Socket> {
  const socket = keep(connect({ port, host: to }));
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A cable whose other end is in no use: what goes there is lost, and nobody says so. */
const lost = [
  'ip link add v0 type veth peer name v1',
  'ip link set v0 arp off',
  'ip link set v0 up',
  'ip link set v1 up',
];
const vanishing = [...lost, `ip addr add ${vanishingAddress}/32 dev lo`];
const vanished = [`ip addr del ${vanishingAddress}/32 dev lo`, `ip route add ${vanishingAddress}/32 dev v0`];

/** Long enough for the peer to have vanished. */
const vanishMs = 2000;

/** The peer does not do what it should; or there is none. */
export const stallFaults: Readonly<Record<string, Fault>> = {
  'peer-not-reading': {
    kind: 'stuck_write',
    cause: 'peer_not_reading',
    async plant({ deaf }) {
      (await connected(deaf)).write(Buffer.alloc(much));
      return undefined;
    },
  },
  'peer-vanished': {
    kind: 'stuck_write',
    cause: 'retransmitting',
    before: vanishing,
    atPlant: vanished,
    async plant({ open }) {
      const socket = await connected(open, vanishingAddress);
      void sleep(vanishMs).then(() => socket.write('is anybody there?'));
      return undefined;
    },
  },
  'peer-keeps-open': {
    kind: 'fin_wait_2_stall',
    cause: 'peer_keeps_open',
    async plant({ open }) {
      (await connected(open)).resume().end('bye');
      return undefined;
    },
  },
  'peer-keeps-open-orphaned': {
    kind: 'fin_wait_2_stall',
    cause: 'orphaned',
    async plant({ open }) {
      for (let n = 0; n < 3; n++) (await connected(open)).destroy();
      return undefined;
    },
  },
  'nobody-answers': {
    kind: 'handshake_stall',
    cause: 'connect_no_answer',
    before: [...lost, 'ip addr add 10.88.0.1/24 dev v0'],
    plant() {
      for (let n = 0; n < 3; n++) keep(connect({ port: 80, host: vanishingAddress })).on('error', () => {});
      return undefined;
    },
  },
};
