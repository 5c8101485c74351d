import { createServer } from 'node:net';
import { type Fault, type Flood, floodedAddress, keep, type Visit } from '../fault.ts';
import { listening } from '../listening.ts';
import { hold } from '../rhythm.ts';

/** So many connections come at once, three times a second, for two minutes. */
const crowd = { times: 60 * 400, atOnce: 60, pauseMs: 300, fin: true } as const;

async function visited(backlog: number): Promise<Visit> {
  const server = keep(createServer((socket) => socket.on('error', () => {}).resume()));
  return { port: await listening(server, { backlog }), ...crowd };
}

async function flooded(): Promise<Flood> {
  const server = keep(createServer());
  return { floodPort: await listening(server, { host: floodedAddress, backlog: 64 }), aSecond: 500 };
}

/** A network whose answers get lost: the other end of its cable is in no use. */
const lossy = [
  'ip link add v0 type veth peer name v1',
  'ip link set v0 arp off',
  `ip addr add ${floodedAddress}/24 dev v0`,
  'ip link set v0 up',
  'ip link set v1 up',
];

/** More come than are taken out of the queue. */
export const queueFaults: Readonly<Record<string, Fault>> = {
  'backlog-too-small': {
    kind: 'accept_queue',
    cause: 'backlog_too_small',
    // On a busy host the event loop of any program is held now and then.
    orCauses: ['loop_blocked'],
    plant: () => visited(10),
  },
  'somaxconn-too-small': {
    kind: 'accept_queue',
    cause: 'overflow',
    before: ['true'],
    atPlant: ['sysctl -qw net.core.somaxconn=10'],
    orCauses: ['loop_blocked'],
    // Node's own default, which the kernel cuts down when it listens.
    plant: () => visited(511),
  },
  'loop-blocked': {
    kind: 'accept_queue',
    cause: 'loop_blocked',
    orCauses: ['backlog_too_small'],
    plant() {
      const timer = setInterval(() => hold(1500), 2500);
      setTimeout(() => clearInterval(timer), 120_000).unref();
      // One crowd has room in it, and two have not.
      return visited(90);
    },
  },
  'syn-flood-cookies': {
    kind: 'syn_flood',
    cause: 'cookies_sent',
    before: [...lossy, 'sysctl -qw net.ipv4.tcp_syncookies=1'],
    plant: flooded,
  },
  'syn-flood-full': {
    kind: 'syn_flood',
    cause: 'syn_queue_full',
    before: [...lossy, 'sysctl -qw net.ipv4.tcp_syncookies=0'],
    plant: flooded,
  },
};
