import { optionTable } from '../src/options.ts';
import { mostSeries } from '../src/telemetry/measurements.ts';
import { overTime } from './charts.ts';
import { dashboardOf, type Row } from './dashboard.ts';
import { increase, legend, max, orZero, quantile, rate, sum } from './promql.ts';
import { allSeries, bucketsOf, countOf, series } from './series.ts';
import { lost } from './shares.ts';
import { table } from './table.ts';

const perProcess = ['job', 'instance'] as const;
const perSource = ['job', 'instance', 'synfin.source.name'] as const;
const cpuBudget = optionTable.cpuBudget.default;

/** Seconds of a core in a second. */
const cpu = orZero(perProcess, sum(perProcess, rate(series('synfin.source.cpu.time'))));
/** Of the two spans that each handshake makes sooner or later. */
const dropped = orZero(
  perProcess,
  `clamp_max(${sum(perProcess, increase(series('synfin.spans.dropped')))} / (2 * ${sum(perProcess, increase(countOf('synfin.tcp.handshake.duration')))} > 0), 1)`,
);
const missed = sum(perSource, increase(series('synfin.source.lost')));
const seen = sum(perSource, increase(series('synfin.source.observations')));
const fullest = `${max(perProcess, `count by (job, instance, __name__) (${allSeries()})`)} / ${mostSeries}`;
const sweep = 'synfin.source.sweep.duration';

const sight: Row = {
  title: 'Does it see everything?',
  panels: [
    table({
      title: 'Which process has an agent in trouble?',
      healthy:
        'every process has observations, misses nothing and drops nothing, and its CPU share is below the budget.',
      otherwise:
        'agent.sources() in that process says which source runs, which was refused and why, and what would make it run.',
      unit: 'percentunit',
      width: 24,
      none: 'No process with synfin is told to this data source',
      keys: { job: { title: 'Service' }, instance: { title: 'Process' } },
      values: [
        { title: 'Missed', expression: lost(perProcess), unit: 'percentunit', limits: [0.001, 0.05] },
        { title: 'CPU (share of a core)', expression: cpu, unit: 'percentunit', limits: [cpuBudget, 2 * cpuBudget] },
        { title: 'Spans dropped', expression: dropped, unit: 'percentunit', limits: [0.001, 0.1] },
        {
          title: 'Observations',
          expression: orZero(perProcess, sum(perProcess, rate(series('synfin.source.observations')))),
          unit: 'cps',
        },
        { title: 'Fullest metric', expression: fullest, unit: 'percentunit', limits: [0.8, 1] },
      ],
      sortBy: ['-Missed'],
    }),
    overTime({
      title: 'Which sources run? Observations a second',
      healthy:
        'net, which is the hook, and one source of kernel state for each process, which does not change. Those that wait to take over are not shown.',
      otherwise:
        'a line that ends while another begins: the better source broke, and the next took over. A process without any line has no source: findings come late or not at all.',
      unit: 'cps',
      width: 12,
      lines: [
        {
          expression: orZero(perProcess, `${sum(perSource, rate(series('synfin.source.observations')))} > 0`),
          legend: legend`${'job'} ${'instance'} ${'synfin.source.name'}`,
        },
      ],
    }),
    overTime({
      title: 'Which share does each source miss?',
      healthy: '0 %.',
      otherwise:
        'what is missed makes a finding late, never wrong. There is more to see than the budget allows: raise cpuBudget or intervalMs.',
      unit: 'percentunit',
      width: 12,
      limits: [0.001, 0.05],
      none: 'No source says anything',
      lines: [
        {
          expression: orZero(perProcess, `${missed} / (${missed} + ${seen} > 0)`),
          legend: legend`${'job'} ${'instance'} ${'synfin.source.name'}`,
        },
      ],
    }),
  ],
};

const price: Row = {
  title: 'What does it cost?',
  panels: [
    overTime({
      title: 'Which share of a core does looking take?',
      healthy: `below the dashed line, the default of cpuBudget: ${cpuBudget * 100} % of one core. A single look may stand out of it.`,
      otherwise:
        'looks grow rarer by themselves until it fits. If it stays above, the host is short of CPU, or cpuBudget was raised.',
      unit: 'percentunit',
      width: 12,
      limits: [cpuBudget],
      lines: [{ expression: cpu, legend: legend`${'job'} ${'instance'}` }],
    }),
    overTime({
      title: 'How long does one look take?',
      healthy: 'a few ms. A look is taken in slices, so that the event loop goes on in between.',
      otherwise:
        'there are very many sockets on this host, or the source is a slow one: sock_diag is fastest, netstat slowest.',
      unit: 's',
      width: 12,
      limits: [1, 5],
      none: 'No look was timed',
      lines: (
        [
          [0.5, 'green', 'p50'],
          [0.95, 'blue', 'p95'],
          [0.99, 'critical', 'p99'],
        ] as const
      ).map(([q, colour, name]) => ({
        expression: quantile(q, ['job', 'synfin.source.name'], bucketsOf(sweep)),
        legend: `${legend`${'job'} ${'synfin.source.name'}`} ${name}`,
        colour,
      })),
    }),
    overTime({
      title: 'Which share of the spans is dropped?',
      healthy: '0 %. Notable connections are dropped last.',
      otherwise:
        'more connections begin and end than maxSpansPerSecond allows. Set spans to "notable", or use connections again.',
      unit: 'percentunit',
      width: 12,
      limits: [0.001, 0.1],
      lines: [{ expression: dropped, legend: legend`${'job'} ${'instance'}` }],
    }),
    overTime({
      title: 'How near is its fullest metric to the bound of its series?',
      healthy: `below 80 %. No metric has more than ${mostSeries} series for a process, whatever happens.`,
      otherwise:
        'at 100 % new destinations or causes are not told any more. Many destinations are put together as _OTHER before that.',
      unit: 'percentunit',
      width: 12,
      limits: [0.8, 1],
      none: 'No process with synfin is told to this data source',
      lines: [{ expression: fullest, legend: legend`${'job'} ${'instance'}` }],
    }),
  ],
};

export const agent = dashboardOf({
  uid: 'synfin-agent',
  title: 'synfin: the agent itself',
  description: 'Whether synfin sees everything, and what it costs the process that it is a guest of.',
  from: 'now-3h',
  rows: [sight, price],
});
