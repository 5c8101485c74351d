import type { Line, Result } from './result.ts';
import type { Comparison, Summary } from './rounds.ts';

/** No line is longer, but for what a row needs that was skipped. */
export const widest = 100;

const headings = ['', 'alone', 'compared', 'middle half', 'at most', ''] as const;
const widths = [30, 14, 12, 20, 10, 8] as const;

/** One result for a terminal. */
export function textTable(result: Result): string {
  const { name, what, unit, skipped, seconds } = result;
  const lines = [
    `${name}: ${what} (${unit})`,
    cells(headings),
    ...result.lines.map((line) => cells(columnsOf(line, result.comparison))),
    ...skipped.map(({ variant, requirement }) => wrapped(`  ${variant}: skipped, needs ${requirement}`)),
  ];
  return `${lines.join('\n')}\n  ${seconds.toFixed(0)} s\n`;
}

/** One result for docs/performance.md. */
export function markdownTable(result: Result): string {
  const row = (columns: readonly string[]) => `| ${columns.join(' | ')} |`;
  const lines = [
    `### ${result.name}`,
    '',
    `${result.what}. ${result.how}`,
    '',
    row([`${result.unit}`, ...headings.slice(1)]),
    row(headings.map(() => '---')),
    ...result.lines.map((line) => row(columnsOf(line, result.comparison))),
    ...result.skipped.map(({ variant, requirement }) => row([variant, 'skipped', '', '', '', firstLine(requirement)])),
  ];
  return `${lines.join('\n')}\n`;
}

function columnsOf({ variant, alone, compared, atMost, met }: Line, comparison: Comparison): string[] {
  const shown = compared ?? alone;
  const kind = compared ? comparison : undefined;
  return [
    variant,
    spelled(alone.median, undefined),
    compared ? spelled(compared.median, kind) : '',
    spread(shown, kind),
    atMost === undefined ? '' : spelled(atMost, kind),
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ];
}

function spread({ q1, q3, count }: Summary, kind: Comparison | undefined): string {
  return count < 2 ? '' : `${spelled(q1, kind)} .. ${spelled(q3, kind)}`;
}

/** `x1.05` for a ratio, `+120` for a difference. */
function spelled(value: number, kind: Comparison | undefined): string {
  if (kind === 'ratio') return `x${value.toFixed(value < 10 ? 3 : 1)}`;
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return kind === 'difference' && value >= 0 ? `+${text}` : text;
}

function cells(columns: readonly string[]): string {
  const padded = columns.map((cell, place) => {
    const width = widths[place] ?? 0;
    return place === 0 ? `  ${cell}`.padEnd(width) : cell.padStart(width);
  });
  return padded.join('').trimEnd();
}

function wrapped(text: string): string {
  const line = firstLine(text);
  return line.length <= widest ? line : `${line.slice(0, widest - 3)}...`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
