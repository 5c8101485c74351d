import { bars, overTime } from './charts.ts';
import type { Row } from './dashboard.ts';
import { increase, latest, legend, orZero, shareOf, sum, worst } from './promql.ts';
import { series } from './series.ts';
import { connections, leaked } from './shares.ts';

const perJob = ['job'] as const;
const leakAspects = ['synfin.leak.type', 'synfin.leak.cause'] as const;

export const leaks: Row = {
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
        shareOf(
          perJob,
          sum(['job', ...leakAspects], latest(series('synfin.tcp.connection.leak.count'))),
          connections(perJob),
        ),
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
