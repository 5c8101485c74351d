import type { SampledConnection } from '../detectors/detector.ts';
import { detailsOf, type ExplainedFinding, endOf, summaryOf, wordsOf } from './explain.ts';
import { spell } from './spell.ts';

/** How a finding is laid out for a person. */
export interface TextStyle {
  readonly colour: boolean;
  /** Columns; lines are broken at spaces. */
  readonly width: number;
}

const mostConnections = 3;

/** A finding as a paragraph or two that can be understood without any other page. */
export function findingText(finding: ExplainedFinding, style: TextStyle): string {
  const paint = style.colour ? ansi : plain;
  const head = `synfin ${mark(finding)} ${finding.kind} · ${finding.cause}`;
  if (finding.count === 0) return `${paint.good(head)}\n${row('what', endOf(finding), style.width, paint)}\n`;
  const { wire, turn, outcome, seen, advice } = wordsOf(finding);
  const details = detailsOf(finding);
  const rows: [string, string][] = [
    ['what', `${again(finding)}${summaryOf(finding)}: ${seen}.`],
    ['wire', wire],
    ['turn', `${turn} ${outcome}`],
    ...siteRows(finding),
    ['fix', advice],
    ...(details.length > 0 ? ([['facts', details.join(' ')]] as [string, string][]) : []),
    ...growthRows(finding),
    ...connectionRows(finding),
  ];
  const body = rows.map(([label, text]) => row(label, text, style.width, paint)).join('\n');
  return `${finding.severity === 'critical' ? paint.bad(head) : paint.warn(head)}\n${body}\n`;
}

function mark({ severity, status, count }: ExplainedFinding): string {
  if (status === 'cleared') return 'over';
  if (count === 0) return 'ok';
  return severity === 'critical' ? 'CRITICAL' : 'warning';
}

/** A finding that was told before and has changed is told as the same one. */
function again({ status, id }: ExplainedFinding): string {
  return status === 'changed' ? `now (${id} has changed) ` : '';
}

const mostFrames = 3;

/** A server's sockets come from no line of their own: what is known is where it listens. */
function siteRows({ sample, subject }: ExplainedFinding): [string, string][] {
  const label = subject.role === 'server' ? 'server' : 'from';
  const frames = (sample[0]?.call_site ?? []).slice(0, mostFrames);
  return frames.map((frame, index) => [index === 0 ? label : '', frame]);
}

function growthRows(finding: ExplainedFinding): [string, string][] {
  const { growth_per_minute, forecast } = finding;
  if (forecast === null || forecast.reached_in_s === 0) return [];
  const when = spell(forecast.reached_in_s);
  return [
    [
      'soon',
      `+${growth_per_minute} a minute; the limit of ${forecast.limit} ${wordsOf(finding).limit.name} is reached in ${when}`,
    ],
  ];
}

function connectionRows({ kind, sample, count, subject }: ExplainedFinding): [string, string][] {
  // A listener is no connection: where it is and which line made it is said above.
  const connections = sample.filter(({ state }) => state !== 'listen');
  const rows = connections.slice(0, mostConnections).map((one, index) => {
    const { connection_id, local, peer, state, age_s } = one;
    const text = `${connection_id}  ${local ?? '?'} ⇄ ${peer ?? '?'}  ${state} ${spell(age_s)}${queueOf(kind, one)}`;
    return [index === 0 ? 'socket' : '', text] as [string, string];
  });
  if (rows.length === 0) return [];
  const all = subject.failures ?? count;
  return all > rows.length ? [...rows, ['', `and ${all - rows.length} more`]] : rows;
}

/** What waits, and for whom. */
function queueOf(kind: ExplainedFinding['kind'], { state, rx_queue, tx_queue }: SampledConnection): string {
  if (kind === 'stuck_write') return `, ${tx_queue} B not acknowledged`;
  if (kind === 'handshake_stall' || state === 'time_wait') return '';
  return `, ${payload(state, rx_queue)} B unread`;
}

/** Without the one that stands for an unread FIN. */
function payload(state: string, rxQueue: number): number {
  return state === 'close_wait' ? Math.max(0, rxQueue - 1) : rxQueue;
}

const indent = 9;

function row(label: string, text: string, width: number, paint: Paint): string {
  const lines = wrapWords(text, Math.max(30, width - indent));
  return lines
    .map((line, index) => (index === 0 ? paint.dim(`  ${label.padEnd(indent - 2)}`) : ' '.repeat(indent)) + line)
    .join('\n');
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

type Paint = Readonly<Record<'bad' | 'warn' | 'good' | 'dim', (text: string) => string>>;

const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;

const ansi: Paint = { bad: sgr(31), warn: sgr(33), good: sgr(32), dim: sgr(2) };

const plain: Paint = { bad: String, warn: String, good: String, dim: String };
