import { figure } from './charts.ts';
import { dashboardOf, type Row } from './dashboard.ts';
import { findingsTable } from './findings.ts';
import { leaks } from './fleet-leaks.ts';
import { connecting, limits } from './fleet-limits.ts';
import { count, latest, orLatelyZero, sum } from './promql.ts';
import { series } from './series.ts';
import { acceptQueue, connections, descriptors, failures, findings, leaked, lost, ports, trouble } from './shares.ts';
import { table } from './table.ts';

const perJob = ['job'] as const;
const perProcess = ['job', 'instance'] as const;
const services = count([], connections(perJob));
/** Of how many services this is more than nothing. */
function shareOfServices(what: string): string {
  return `(${count([], `${what} > 0`)} or 0 * ${services}) / ${services}`;
}

const now: Row = {
  title: 'Which services are in trouble now?',
  panels: [
    figure({
      title: 'Which share of the services has an open finding?',
      healthy: '0 %. A healthy service has no finding, under load neither.',
      otherwise: 'the tables below say which service, what is wrong and why. Start with the critical ones.',
      unit: 'percentunit',
      width: 6,
      limits: [0.0001],
      query: shareOfServices(sum(perJob, latest(series('synfin.finding.count')))),
    }),
    figure({
      title: 'Which share has a critical one?',
      healthy: '0 %. Critical means that a limit is reached, or will be within the hour: descriptors, ports, a queue.',
      otherwise:
        'do something now: the table of findings names the limit, the dashboard of the service shows how fast it fills.',
      unit: 'percentunit',
      width: 6,
      limits: [0.0001, 0.0001],
      query: shareOfServices(
        sum(perJob, latest(series('synfin.finding.count', { 'synfin.finding.severity': 'critical' }))),
      ),
    }),
    figure({
      title: 'Which share of all connections leaks?',
      healthy: '0 %. A leaked connection is one that the process will never end by itself.',
      otherwise:
        'look at the causes below. The line of code is in the finding: on stderr, in the log record, in agent.findings().',
      unit: 'percentunit',
      width: 6,
      limits: [0.0001, 0.1],
      query: leaked([]),
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
          expression: orLatelyZero(perJob, descriptors(perJob)),
          unit: 'percentunit',
          limits: [0.7, 0.9],
        },
        { title: 'Ports', expression: orLatelyZero(perJob, ports(perJob)), unit: 'percentunit', limits: [0.5, 0.9] },
        {
          title: 'Accept queue',
          expression: orLatelyZero(perJob, acceptQueue(perJob)),
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

export const fleet = dashboardOf({
  uid: 'synfin-fleet',
  title: 'synfin: all services',
  description: 'Which Node.js services are in trouble with their TCP connections now, and why.',
  from: 'now-6h',
  rows: [now, leaks, limits, connecting],
});
