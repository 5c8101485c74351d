import { colour } from './colours.ts';
import { latest, sum } from './promql.ts';
import { type Aspect, labelOf, series } from './series.ts';
import { type TableOf, table } from './table.ts';
import { causeWords, kindWords } from './words.ts';

const aspects = ['synfin.finding.severity', 'synfin.finding.kind', 'synfin.finding.cause'] as const;

type About = Pick<TableOf, 'title' | 'healthy' | 'otherwise' | 'width' | 'height'>;

/** What is wrong, in words. How long it has been so is seen in what Prometheus keeps, for the last six hours. */
export function findingsTable(about: About, by: readonly ('job' | 'instance')[]) {
  const all: readonly Aspect[] = [...by, ...aspects];
  const open = `${sum(all, latest(series('synfin.finding.count')))} > 0`;
  const lasting = `30 * count_over_time((${open})[6h:30s]) and on (${all.map(labelOf).join(', ')}) (${open})`;
  return table({
    ...about,
    unit: 'none',
    none: 'No finding is open',
    keys: {
      ...(by.includes('job') && { job: { title: 'Service', width: 170 } }),
      ...(by.includes('instance') && { instance: { title: 'Process', width: 190 } }),
      'synfin.finding.severity': {
        title: 'Severity',
        width: 100,
        colours: { critical: colour.critical, warning: colour.warning },
      },
      'synfin.finding.kind': { title: 'What', words: kindWords },
      'synfin.finding.cause': { title: 'Why', words: causeWords },
    },
    values: [
      { title: 'Places', expression: open, unit: 'none', width: 90 },
      { title: 'Open for', expression: `(${lasting}) or 0 * (${open})`, unit: 's', width: 110 },
    ],
    sortBy: ['Severity', '-Open for'],
  });
}
