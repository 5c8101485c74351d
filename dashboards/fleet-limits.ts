import { bars, overTime } from './charts.ts';
import type { Row } from './dashboard.ts';
import { legend, worst } from './promql.ts';
import { acceptQueue, descriptors, destination, failures, lost, ports, turnedAway, worthTelling } from './shares.ts';

const perJob = ['job'] as const;
const perProcess = ['job', 'instance'] as const;

export const limits: Row = {
  title: 'Who is close to a limit?',
  panels: [
    bars({
      title: 'Which process runs out of open files?',
      healthy: 'below 70 % of its limit (RLIMIT_NOFILE).',
      otherwise:
        'see whether it leaks: then raising the limit only buys time. If not, raise it (ulimit -n, LimitNOFILE=).',
      unit: 'percentunit',
      width: 8,
      height: 10,
      limits: [0.7, 0.9],
      none: 'No process tells of its open files',
      expression: worst(descriptors(perProcess)),
      legend: legend`${'job'} ${'instance'}`,
    }),
    bars({
      title: 'Towards which destination do the ports run out?',
      healthy:
        'below 50 %. There are about 28000 local ports towards each destination, for all on the host together (its network namespace), and TIME_WAIT holds one for 60 s.',
      otherwise: 'keep connections alive and use them again. At 100 % connect() fails with EADDRNOTAVAIL.',
      unit: 'percentunit',
      width: 8,
      height: 10,
      limits: [0.5, 0.9],
      none: 'No destination holds one port in a hundred',
      expression: worst(`${ports(['job', ...destination])} ${worthTelling}`),
      legend: legend`${'job'} to ${'network.peer.address'} ${'network.peer.port'}`,
    }),
    bars({
      title: 'Whose accept queue is full?',
      healthy: 'near 0 %: what has arrived is accepted at once.',
      otherwise:
        'the event loop is blocked, or more connections come than one process accepts. When it is full the kernel drops them.',
      unit: 'percentunit',
      width: 8,
      height: 10,
      limits: [0.5, 0.9],
      none: 'No listener is told',
      expression: worst(acceptQueue(['job', 'instance', 'server.port'])),
      legend: legend`${'job'} ${'instance'} port ${'server.port'}`,
    }),
  ],
};

export const connecting: Row = {
  title: 'Who cannot connect, who turns connections away, and who does not see it all?',
  panels: [
    overTime({
      title: 'Which share of the handshakes fails?',
      healthy: 'below 1 %.',
      otherwise: 'the dashboard of the service tells the errors apart: refused, timed out, given up.',
      unit: 'percentunit',
      width: 8,
      limits: [0.01, 0.1],
      lines: [{ expression: failures(perJob), legend: legend`${'job'}` }],
    }),
    overTime({
      title: 'Which share of those who come is turned away?',
      healthy: '0 %: the accept queue has never been full.',
      otherwise: 'clients wait a second for each try. Look for a blocked event loop, then at the backlog of listen().',
      unit: 'percentunit',
      width: 8,
      limits: [0.001, 0.01],
      lines: [{ expression: turnedAway(perJob), legend: legend`${'job'}` }],
    }),
    overTime({
      title: 'Which share do the agents miss?',
      healthy: '0 %.',
      otherwise: 'the dashboard of synfin itself says which source loses, and whether its budget is too small.',
      unit: 'percentunit',
      width: 8,
      limits: [0.001, 0.05],
      lines: [{ expression: lost(perJob), legend: legend`${'job'}` }],
    }),
  ],
};
