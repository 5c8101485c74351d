import { bars, figure, overTime } from './charts.ts';
import { dashboardOf } from './dashboard.ts';
import { findingsTable } from './findings.ts';
import { count, increase, legend, orZero, share, shareOf, sum, worst } from './promql.ts';
import { series } from './series.ts';
import {
  acceptQueue,
  connections,
  descriptors,
  destination,
  failures,
  findings,
  leaked,
  lost,
  ports,
  trouble,
  turnedAway,
} from './shares.ts';
import { table } from './table.ts';

const perJob = ['job'] as const;
const perProcess = ['job', 'instance'] as const;
const services = count([], sum(perJob, series('synfin.tcp.connection.count')));
/** Of how many services this is more than nothing. */
function shareOfServices(what: string): string {
  return `(${count([], `${what} > 0`)} or 0 * ${services}) / ${services}`;
}

const leakAspects = ['synfin.leak.type', 'synfin.leak.cause'] as const;

const now = {
  title: 'Which services are in trouble now?',
  panels: [
    figure({
      title: 'Which share of the services has an open finding?',
      healthy: '0 %. A healthy service has no finding, under load neither.',
      otherwise: 'the tables below say which service, what is wrong and why. Start with the critical ones.',
      unit: 'percentunit',
      width: 6,
      limits: [0.0001],
      query: shareOfServices(sum(perJob, series('synfin.finding.count'))),
    }),
    figure({
      title: 'Which share has a critical one?',
      healthy: '0 %. Critical means that a limit is reached, or will be within the hour: descriptors, ports, a queue.',
      otherwise:
        'do something now: the table of findings names the limit, the dashboard of the service shows how fast it fills.',
      unit: 'percentunit',
      width: 6,
      limits: [0.0001, 0.0001],
      query: shareOfServices(sum(perJob, series('synfin.finding.count', { 'synfin.finding.severity': 'critical' }))),
    }),
    figure({
      title: 'Which share of all connections leaks?',
      healthy: '0 %. A leaked connection is one that the process will never end by itself.',
      otherwise:
        'look at the causes below. The line of code is in the finding: on stderr, in the log record, in agent.findings().',
      unit: 'percentunit',
      width: 6,
      limits: [0.0001, 0.1],
      query: share([], sum([], series('synfin.tcp.connection.leak.count')), connections([])),
    }),
    figure({
      title: 'How much does the agent miss that misses most?',
      healthy: '0 %: the sources have lost nothing of what they were to see.',
      otherwise:
        'what is missed makes findings late, never wrong. The dashboard of synfin itself says which source it is.',
      unit: 'percentunit',
      width: 6,
      limits: [0.001, 0.05],
      query: `max (${lost(perProcess)})`,
    }),
    table({
      title: 'Which service is worst off?',
      healthy:
        'every row near 0 %. The first column is the fullest of the limits; 100 % with a critical finding, at least 50 % with a warning.',
      otherwise: 'click on the service. The column that is highest says which part of its dashboard to look at.',
      unit: 'percentunit',
      width: 24,
      height: 10,
      none: 'No service with synfin is told to this data source',
      keys: { job: { title: 'Service' } },
      values: [
        { title: 'Trouble', expression: trouble(), unit: 'percentunit', limits: [0.5, 0.9] },
        { title: 'Critical', expression: findings(perJob, 'critical'), unit: 'none', limits: [1, 1] },
        { title: 'Warnings', expression: findings(perJob, 'warning'), unit: 'none', limits: [1] },
        { title: 'Leaked', expression: leaked(perJob), unit: 'percentunit', limits: [0.0001, 0.1] },
        {
          title: 'Open files',
          expression: orZero(perJob, descriptors(perJob)),
          unit: 'percentunit',
          limits: [0.7, 0.9],
        },
        { title: 'Ports', expression: orZero(perJob, ports(perJob)), unit: 'percentunit', limits: [0.5, 0.9] },
        {
          title: 'Accept queue',
          expression: orZero(perJob, acceptQueue(perJob)),
          unit: 'percentunit',
          limits: [0.5, 0.9],
        },
        { title: 'Failed handshakes', expression: failures(perJob), unit: 'percentunit', limits: [0.01, 0.1] },
        { title: 'Missed', expression: lost(perJob), unit: 'percentunit', limits: [0.001, 0.05] },
      ],
      sortBy: ['-Trouble'],
    }),
    findingsTable(
      {
        title: 'What is wrong, and why?',
        healthy: 'no row at all.',
        otherwise:
          'click on the service. Each finding tells the line of code and what to change: on stderr, as a log record, in agent.findings().',
        width: 24,
        height: 9,
      },
      perJob,
    ),
  ],
};

const leaks = {
  title: 'Who leaks connections, and why?',
  panels: [
    bars({
      title: 'For which causes do connections leak now, and how many of them?',
      healthy:
        'no bar, or all of them 0. Counted in connections: a leak has no limit of its own, it ends at that of the open files.',
      otherwise: 'the cause says what the code forgets; README.md has a row for each. The finding has the line.',
      unit: 'percentunit',
      width: 12,
      limits: [0.0001, 0.1],
      none: 'No connection has leaked',
      expression: worst(
        shareOf(perJob, sum(['job', ...leakAspects], series('synfin.tcp.connection.leak.count')), connections(perJob)),
      ),
      legend: legend`${'job'}: ${'synfin.leak.cause'} (${'synfin.leak.type'})`,
    }),
    overTime({
      title: 'Which share of its connections has each service leaked?',
      healthy: 'a line at 0 %.',
      otherwise:
        'a line that only rises never comes down by itself: CLOSE_WAIT has no timeout. A step is an incident, a slope is a request path.',
      unit: 'percentunit',
      width: 12,
      limits: [0.1, 0.5],
      lines: [{ expression: leaked(perJob), legend: legend`${'job'}` }],
    }),
    overTime({
      title: 'Who has leaked more within the last hour?',
      healthy: 'a line at 0.',
      otherwise:
        'compare its beginning with your last deployment. A service that leaks more every hour has a date on which it stops.',
      unit: 'none',
      width: 24,
      height: 7,
      lines: [
        {
          expression: orZero(perJob, sum(perJob, increase(series('synfin.tcp.connection.leaks'), '1h'))),
          legend: legend`${'job'}`,
        },
      ],
    }),
  ],
};

const limits = {
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
        'below 50 %. There are about 28000 local ports towards each destination, and TIME_WAIT holds one for 60 s.',
      otherwise: 'keep connections alive and use them again. At 100 % connect() fails with EADDRNOTAVAIL.',
      unit: 'percentunit',
      width: 8,
      height: 10,
      limits: [0.5, 0.9],
      none: 'No destination is told',
      expression: worst(ports(['job', ...destination])),
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

const connecting = {
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
      lines: [{ expression: turnedAway(perJob, 'synfin.tcp.accept_queue.overflows'), legend: legend`${'job'}` }],
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

export const fleet = dashboardOf({
  uid: 'synfin-fleet',
  title: 'synfin: all services',
  description: 'Which Node.js services are in trouble with their TCP connections now, and why.',
  from: 'now-6h',
  rows: [now, leaks, limits, connecting],
});
