import { overTime } from './charts.ts';
import type { Row } from './dashboard.ts';
import { increase, legend, max, orZero, share, shareOf, sum } from './promql.ts';
import { countOf, series } from './series.ts';
import {
  acceptQueue,
  connections,
  descriptors,
  descriptorsInAnHour,
  destination,
  ports,
  portsInAnHour,
  synDrops,
  timeWait,
  turnedAway,
  worthTelling,
} from './shares.ts';

const perJob = ['job'] as const;
const perProcess = ['job', 'instance'] as const;
const perDestination = ['job', ...destination] as const;
const perListener = ['job', 'instance', 'server.port'] as const;

export const limits: Row = {
  title: 'Do ports or descriptors run out?',
  panels: [
    overTime({
      title: 'Which share of the local ports is taken, and will be in an hour?',
      healthy:
        'below 50 % towards each destination, and a dashed line that is no higher. The ports are those of all on the host together (its network namespace).',
      otherwise:
        'at 100 % connect() fails with EADDRNOTAVAIL. Keep connections alive; more addresses of the destination help too.',
      unit: 'percentunit',
      width: 12,
      limits: [0.5, 0.9],
      none: 'No destination holds one port in a hundred',
      lines: [
        {
          expression: `${ports(perDestination)} ${worthTelling}`,
          legend: legend`${'job'} ${'network.local.address'} to ${'network.peer.address'} ${'network.peer.port'}`,
        },
        {
          expression: `${portsInAnHour(perDestination)} ${worthTelling}`,
          legend: legend`in an hour: ${'job'} ${'network.local.address'} to ${'network.peer.address'} ${'network.peer.port'}`,
          dashed: true,
        },
      ],
    }),
    overTime({
      title: 'Which share of the ports does TIME_WAIT hold?',
      healthy:
        'below 50 %. Whoever closes first keeps the port for 60 s, and that is no fault. Those that the kernel takes over when it needs them (tcp_tw_reuse) are here, and not among the taken ports.',
      otherwise:
        'connections are opened and closed too often. The finding time_wait_buildup says whose setting it is: an agent without keep-alive, a pool that is too small, a timeout that is too short.',
      unit: 'percentunit',
      width: 12,
      limits: [0.5, 0.9],
      none: 'TIME_WAIT holds less than one port in a hundred towards each destination',
      lines: [
        {
          expression: `${timeWait(perDestination)} ${worthTelling}`,
          legend: legend`${'job'} ${'network.local.address'} to ${'network.peer.address'} ${'network.peer.port'}`,
        },
      ],
    }),
    overTime({
      title: 'How many connections does each listener keep in TIME_WAIT?',
      healthy:
        'a flat line. It costs the server a little memory and no port, and is limited by tcp_max_tw_buckets of the host only.',
      otherwise:
        'the server closes first: Connection: close, a short keepAliveTimeout, or a proxy in front without keep-alive.',
      unit: 'none',
      width: 12,
      none: 'No listener keeps any',
      lines: [
        {
          expression: max(['job', 'server.port'], series('synfin.tcp.time_wait.count', { 'server.port': { not: '' } })),
          legend: legend`${'job'} port ${'server.port'}`,
        },
      ],
    }),
    overTime({
      title: 'Which share of its open files does each process use, and in an hour?',
      healthy: 'below 70 %, and a dashed line that is no higher.',
      otherwise: 'a slope that follows the leaks above is the leak. A dashed line at 100 % is the end within the hour.',
      unit: 'percentunit',
      width: 12,
      limits: [0.7, 0.9],
      none: 'No process tells of its open files',
      lines: [
        { expression: descriptors(perProcess), legend: legend`${'job'} ${'instance'}` },
        {
          expression: descriptorsInAnHour(perProcess),
          legend: legend`in an hour: ${'job'} ${'instance'}`,
          dashed: true,
        },
      ],
    }),
  ],
};

export const queues: Row = {
  title: 'Are connections turned away at its door?',
  panels: [
    overTime({
      title: 'How full is the accept queue of each listener?',
      healthy: 'near 0 %: what has arrived is accepted at once.',
      otherwise:
        'the event loop was blocked, or more come than one process accepts. A short spike is a burst: a longer backlog takes it.',
      unit: 'percentunit',
      width: 8,
      limits: [0.5, 0.9],
      none: 'No listener is told',
      lines: [{ expression: acceptQueue(perListener), legend: legend`${'job'} ${'instance'} port ${'server.port'}` }],
    }),
    overTime({
      title: 'Which share of those who come finds the accept queue full?',
      healthy: '0 %.',
      otherwise:
        'each one waits a second or more and tries again. Find what blocks the event loop; raise the backlog and net.core.somaxconn together.',
      unit: 'percentunit',
      width: 8,
      limits: [0.001, 0.01],
      lines: [
        {
          expression: turnedAway(perJob),
          legend: legend`${'job'}`,
        },
      ],
    }),
    overTime({
      title: 'Which share of those who come finds the SYN queue full?',
      healthy: '0 %. The kernel counts for the whole network namespace, not for this service alone.',
      otherwise:
        'more half-open connections than there is room for: a flood, or clients that never answer. tcp_syncookies=1 keeps the door open.',
      unit: 'percentunit',
      width: 8,
      limits: [0.001, 0.01],
      lines: [{ expression: synDrops(perJob), legend: legend`${'job'}` }],
    }),
  ],
};

const begun = orZero(perJob, sum(perJob, increase(countOf('synfin.tcp.handshake.duration'))));
/** Connections that there were within the window: those that are open, and those that began in it or tried to. */
const lived = `(${connections(perJob)} + (${begun}))`;

export const wire: Row = {
  title: 'Is the wire sound?',
  panels: [
    overTime({
      title: 'How many segments are sent again, for each connection?',
      healthy: 'near 0: a segment in a thousand is lost on a good path.',
      otherwise:
        'the path loses segments, or a peer is gone without a word. Compare services on the same host: if all rise, it is the network.',
      unit: 'none',
      width: 12,
      limits: [1],
      lines: [
        {
          expression: share(perJob, sum(perJob, increase(series('synfin.tcp.retransmits'))), lived),
          legend: legend`${'job'}`,
        },
      ],
    }),
    overTime({
      title: 'How many connections are reset, for each connection, and by whom?',
      healthy: 'near 0 %. "receive": the peer cut it off, or refused it. "transmit": this process did.',
      otherwise:
        '"transmit": a close with unread data, or resetAndDestroy(). "receive": look at the peer, or at a proxy with a shorter idle timeout.',
      unit: 'percentunit',
      width: 12,
      limits: [0.01, 0.1],
      lines: [
        {
          expression: orZero(
            perJob,
            shareOf(perJob, sum(['job', 'network.io.direction'], increase(series('synfin.tcp.resets'))), lived),
          ),
          legend: legend`${'job'} ${'network.io.direction'}`,
        },
      ],
    }),
  ],
};
