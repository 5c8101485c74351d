import type { Alarm } from './alarms.ts';

export interface Answer {
  readonly file: string;
  readonly panel: string;
  readonly refId: string;
  readonly samples: number;
}

/** What fired, with which value, from when to when; and how many samples each panel was answered with. */
export function seenTable(alarms: Iterable<Alarm>, answers: readonly Answer[]): string {
  const fired = [...alarms].toSorted((one, other) => one.firedAt - other.firedAt);
  return [
    `${'service'.padEnd(17)}${'alert'.padEnd(42)}${'value'.padStart(8)}  fires, resolves (s)`,
    ...fired.map(({ job, rule, value, firedAt, resolvedAt = 'never' }) => {
      return `${job.padEnd(17)}${rule.padEnd(42)}${value.toPrecision(3).padStart(8)}  ${firedAt}, ${resolvedAt}`;
    }),
    '',
    'samples  panel',
    ...answers.map(({ file, panel, refId, samples }) => `${`${samples}`.padStart(7)}  ${file}: ${panel} (${refId})`),
  ].join('\n');
}
