import { figure, overTime } from './charts.ts';
import type { Row } from './dashboard.ts';
import { findingsTable } from './findings.ts';
import { increase, legend, orLatelyZero, orZero, sum } from './promql.ts';
import { series } from './series.ts';
import { acceptQueue, descriptors, leaked, ports } from './shares.ts';

const perJob = ['job'] as const;
const perLeak = ['job', 'synfin.leak.type', 'synfin.leak.cause'] as const;

export const wrong: Row = {
  title: 'Is anything wrong?',
  panels: [
    findingsTable(
      {
        title: 'What is wrong, and why?',
        healthy: 'no row at all.',
        otherwise:
          'read the finding: on stderr, as a log record, or in agent.findings(). It tells whose turn it is, the line of code and what to change.',
        width: 24,
        height: 7,
      },
      ['job', 'instance'],
    ),
    figure({
      title: 'How much of its connections does it leak?',
      healthy: '0 %.',
      otherwise: 'see the causes below. CLOSE_WAIT has no timeout: what is leaked stays until the process ends.',
      unit: 'percentunit',
      width: 6,
      limits: [0.0001, 0.1],
      query: `max (${leaked(perJob)})`,
    }),
    figure({
      title: 'How full is its table of open files?',
      healthy: 'below 70 % of the limit, in the process that has most.',
      otherwise: 'look for leaks first. At 100 % accept(), connect() and open() fail with EMFILE.',
      unit: 'percentunit',
      width: 6,
      limits: [0.7, 0.9],
      query: `max (${orLatelyZero(perJob, descriptors(perJob))})`,
    }),
    figure({
      title: 'How many of its ports are taken?',
      healthy: 'below 50 %, towards the fullest destination.',
      otherwise: 'see below which destination it is, and whether TIME_WAIT holds them.',
      unit: 'percentunit',
      width: 6,
      limits: [0.5, 0.9],
      query: `max (${orLatelyZero(perJob, ports(perJob))})`,
    }),
    figure({
      title: 'How full is its accept queue?',
      healthy: 'near 0 %, at the fullest listener.',
      otherwise: 'the event loop does not come to accept. See below since when.',
      unit: 'percentunit',
      width: 6,
      limits: [0.5, 0.9],
      query: `max (${orLatelyZero(perJob, acceptQueue(perJob))})`,
    }),
  ],
};

export const leaks: Row = {
  title: 'Does it leak connections, and why?',
  panels: [
    overTime({
      title: 'For which causes do connections leak, and how many are there now?',
      healthy: 'no line above 0. Counted in connections: each holds a descriptor.',
      otherwise:
        'a rising line is a request path that leaks each time. The finding of that cause names its line of code.',
      unit: 'none',
      width: 12,
      stacked: true,
      none: 'No connection has leaked',
      lines: [
        {
          expression: orZero(perJob, sum(perLeak, series('synfin.tcp.connection.leak.count'))),
          legend: legend`${'job'} ${'synfin.leak.cause'} ${'synfin.leak.type'}`,
        },
      ],
    }),
    overTime({
      title: 'How fast does each cause grow? Leaked connections within an hour',
      healthy: 'a line at 0.',
      otherwise:
        'its growth and the share of open files tell when the process stops. A restart buys that time again, and no more.',
      unit: 'none',
      width: 12,
      none: 'No connection has leaked',
      lines: [
        {
          expression: orZero(perJob, sum(perLeak, increase(series('synfin.tcp.connection.leaks'), '1h'))),
          legend: legend`${'job'} ${'synfin.leak.cause'} ${'synfin.leak.type'}`,
        },
      ],
    }),
    overTime({
      title: 'Which share of its connections leaks?',
      healthy: '0 %.',
      otherwise:
        'above one half the process holds more dead connections than living ones. Mend the line, then restart.',
      unit: 'percentunit',
      width: 12,
      limits: [0.1, 0.5],
      lines: [{ expression: leaked(perJob), legend: legend`${'job'}` }],
    }),
    overTime({
      title: "Which share of its leaks has onLeak: 'destroy' closed?",
      healthy: '0 %: it is not asked for, or there is nothing to close.',
      otherwise: 'it is a plaster. What it closes is still a mistake in the code, see docs/remedy.md.',
      unit: 'percentunit',
      width: 12,
      lines: [
        {
          expression: orZero(
            perJob,
            `${sum(perJob, series('synfin.tcp.connection.leak.destroyed'))} / (${sum(perJob, series('synfin.tcp.connection.leaks'))} > 0)`,
          ),
          legend: legend`${'job'}`,
        },
      ],
    }),
  ],
};
