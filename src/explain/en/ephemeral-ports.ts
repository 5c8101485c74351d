import { type PortSayings, portsDetails, portsInThisCase, portsSummary } from '../details/ephemeral-ports.ts';
import { spell } from '../spell.ts';
import type { KindWords } from '../words.ts';
import { freePorts } from './limits.ts';
import { kernelSettings } from './ports.ts';

const pooling =
  'Use connections again: one agent for the whole application, with keepAlive: true, and every response read to its end.';
const winning = 'widen net.ipv4.ip_local_port_range, or use more addresses, here or at the peer';
const reusing = 'set net.ipv4.tcp_tw_reuse=1, so that connect() takes over the port of a TIME_WAIT after a second';

export const ephemeralPorts: KindWords<'ephemeral_ports'> = {
  noun: ['port', 'ports'],
  title: 'missing',
  wire: 'Connections are told apart by four numbers: two addresses, two ports. Towards one destination only the local port can vary, and TIME_WAIT keeps it for a minute after the goodbye, in case a late segment comes.',
  turn: 'It is your turn: use connections again, or make more ports or addresses available.',
  outcome:
    'When none is left, connect() fails at once (EADDRNOTAVAIL): not even a hello (SYN) leaves the host, and no counter of the kernel says so.',
  limit: freePorts,
  causes: {
    exhausted: {
      seen: 'no local port is free for the next connection',
      advice: `${pooling} To win time: ${winning}.`,
    },
    forecast: {
      seen: 'fewer ports come free than are taken',
      advice: `${pooling} To win time before the ports run out: ${winning}.`,
    },
  },
  inThisCase: (finding) => portsInThisCase(finding, say),
  summary: (finding, _many, place) => portsSummary(finding, place, say),
  details: (finding) => portsDetails(finding, say, kernelSettings),
};

const say: PortSayings = {
  freeAgain: 'ports are free again',
  perhapsFree: 'whether ports are free again is not known',
  bound: {
    seen: 'connections that are given a localAddress have taken all its ports, for every destination',
    outcome:
      'When none is left, the bind() before connect() fails (EADDRINUSE): not even a hello (SYN) leaves the host.',
    advice: `Leave localAddress out where the routing table chooses that address anyway: connect() then finds a port for each destination. Where it is needed, give some connections another local address. ${pooling}`,
  },
  hardlyAny: 'hardly a local port is left to take',
  nineTenths: { ...freePorts, reached: 'More than nine tenths of the local ports are taken.' },
  closeOpenOnes: `The connections are open: look for those that nobody needs any more, and bound the pool (maxSockets). To win time: ${winning}.`,
  reuseWaiting: `${pooling} To win time: ${winning}; or ${reusing}.`,
  failed: (failures, place, ago) =>
    `connect()${place} found no port ${times(failures).toLowerCase()}, ${failures === 1 ? '' : 'the last '}${spell(ago)} ago`,
  failing: (failures, place, lasting) =>
    `${times(failures)}, connect()${place} has found no port in the last ${spell(lasting)}`,
  taken: (count, limit, place, lasting) =>
    `${limit === undefined ? count : `${count} of ${limit}`} ports${place} taken, for ${spell(lasting)}`,
  failures: (failures) => `connect() has failed ${times(failures).toLowerCase()} for want of a port.`,
  noneWaits: 'None of the ports is in TIME_WAIT: open connections hold them.',
  waiting: (timeWaits) => `${timeWaits} of the ports are in TIME_WAIT, closed from this side.`,
  bindFirst:
    'With a localAddress Node calls bind(address, 0) before connect(): the kernel does not know the destination yet, and picks a port that nobody has at all, so that one pool must do for all destinations.',
};

function times(count: number): string {
  return count === 1 ? 'Once' : `${count} times`;
}
