import type { Finding } from '../../detectors/detector.ts';
import { spell } from '../spell.ts';
import type { CauseWords, KindWords } from '../words.ts';
import { freePorts } from './limits.ts';
import { kernelDetails } from './ports.ts';

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
  inThisCase,
  summary,
  details,
};

const free = 'ports are free again';
const unknown = 'whether ports are free again is not known';
const few = 'hardly a local port is left to take';
const tenth = { limit: { ...freePorts, reached: 'More than nine tenths of the local ports are taken.' } };

/** What helps depends on what holds the ports: TIME_WAITs, open connections, or the bind() before connect(). */
function inThisCase({ cause, subject }: Finding): Partial<CauseWords> {
  const over = subject.failed_s_ago !== undefined && (subject.share === undefined ? unknown : free);
  if (subject.pooled_bind)
    return {
      seen: over || 'connections that are given a localAddress have taken all its ports, for every destination',
      outcome:
        'When none is left, the bind() before connect() fails (EADDRINUSE): not even a hello (SYN) leaves the host.',
      advice: `Leave localAddress out where the routing table chooses that address anyway: connect() then finds a port for each destination. Where it is needed, give some connections another local address. ${pooling}`,
    };
  if (over) return { seen: over };
  const { failures, share = 1 } = subject;
  const seen =
    cause === 'exhausted' && (failures === undefined || share < 1) ? { seen: few, ...(share < 0.95 && tenth) } : {};
  if (subject.share === undefined) return seen;
  if (!isWaiting(subject))
    return {
      ...seen,
      advice: `The connections are open: look for those that nobody needs any more, and bound the pool (maxSockets). To win time: ${winning}.`,
    };
  return subject.kernel?.tcp_tw_reuse === 1
    ? seen
    : { ...seen, advice: `${pooling} To win time: ${winning}; or ${reusing}.` };
}

/** Whether TIME_WAITs hold the better part of the ports. */
function isWaiting({ time_waits = 0, share = 0, limit = 0 }: Finding['subject']): boolean {
  return time_waits * 2 >= share * limit;
}

function summary({ count, age_s, subject }: Finding, _many: string, place: string): string {
  const { failures, failed_s_ago, share, limit } = subject;
  const since = spell(age_s);
  if (failures !== undefined && failed_s_ago !== undefined)
    return `connect()${place} found no port ${times(failures).toLowerCase()}, ${failures === 1 ? '' : 'the last '}${spell(failed_s_ago)} ago`;
  if (share === undefined && failures !== undefined)
    return `${times(failures)}, connect()${place} has found no port in the last ${since}`;
  const many = limit === undefined ? `${count}` : `${count} of ${limit}`;
  return `${many} ports${place} taken, for ${since}`;
}

function details({ subject }: Finding): readonly string[] {
  const { failures, failed_s_ago, time_waits, share, pooled_bind, kernel } = subject;
  const now = failed_s_ago === undefined;
  const details: string[] = [];
  if (now && failures !== undefined && share !== undefined)
    details.push(`connect() has failed ${times(failures).toLowerCase()} for want of a port.`);
  if (now && time_waits !== undefined)
    details.push(
      time_waits === 0
        ? 'None of the ports is in TIME_WAIT: open connections hold them.'
        : `${time_waits} of the ports are in TIME_WAIT, closed from this side.`,
    );
  if (pooled_bind)
    details.push(
      'With a localAddress Node calls bind(address, 0) before connect(): the kernel does not know the destination yet, and picks a port that nobody has at all, so that one pool must do for all destinations.',
    );
  return [...details, ...kernelDetails(kernel)];
}

function times(count: number): string {
  return count === 1 ? 'Once' : `${count} times`;
}
