import type { SampledConnection } from '../detectors/detector.ts';
import { columnsOf, padTo, shown, wrap } from './columns.ts';
import { detailsOf, type ExplainedFinding, endOf, summaryOf, wordsOf } from './explain.ts';
import type { Language } from './language.ts';
import type { Label, Phrases } from './phrases.ts';
import { tongueOf } from './tongue.ts';

/** How a finding is laid out for a person. */
export interface TextStyle {
  readonly colour: boolean;
  /** Columns; lines are broken at spaces, and between Chinese characters. */
  readonly width: number;
  readonly language?: Language;
}

const mostConnections = 3;

/** A finding as a paragraph or two that can be understood without any other page. */
export function findingText(finding: ExplainedFinding, { colour, width, language = 'en' }: TextStyle): string {
  const paint = colour ? ansi : plain;
  const { phrases } = tongueOf(language);
  const head = `synfin ${mark(finding, phrases)} ${finding.kind} · ${finding.cause}`;
  const lay = (rows: readonly TextRow[]) =>
    rows.map(([label, text]) => row(label && phrases.labels[label], text, width, paint)).join('\n');
  if (finding.count === 0) return `${paint.good(head)}\n${lay([['what', endOf(finding, language)]])}\n`;
  const { wire, turn, outcome, seen, advice } = wordsOf(finding, language);
  const details = detailsOf(finding, language);
  const what = phrases.because(summaryOf(finding, language), seen);
  const body = lay([
    ['what', finding.status === 'changed' ? phrases.changed(finding.id) + what : what],
    ['wire', wire],
    ['turn', phrases.paragraph([turn, outcome])],
    ...siteRows(finding),
    ['fix', advice],
    ...codeRows(finding),
    ...(details.length > 0 ? ([['facts', phrases.paragraph(details)]] as const) : []),
    ...growthRows(finding, language, phrases),
    ...connectionRows(finding, phrases),
  ]);
  return `${finding.severity === 'critical' ? paint.bad(head) : paint.warn(head)}\n${body}\n`;
}

/** What it begins with, where it is not the row before that goes on; a text to be broken into lines, or one that is not. */
type TextRow = readonly [label: Label | '', text: string | readonly string[]];

function mark({ severity, status, count }: ExplainedFinding, { marks }: Phrases): string {
  if (status === 'cleared') return marks.over;
  if (count === 0) return marks.ok;
  return marks[severity];
}

const mostFrames = 3;

/** A server's sockets come from no line of their own: what is known is where it listens. */
function siteRows({ sample, subject }: ExplainedFinding): TextRow[] {
  const label = subject.role === 'server' ? 'server' : 'from';
  const frames = (sample[0]?.call_site ?? []).slice(0, mostFrames);
  return frames.map((frame, index) => [index === 0 ? label : '', frame]);
}

function codeRows({ snippet }: ExplainedFinding): TextRow[] {
  return snippet === null ? [] : [['code', snippet.split('\n')]];
}

function growthRows(finding: ExplainedFinding, language: Language, phrases: Phrases): TextRow[] {
  const { growth_per_minute, forecast } = finding;
  if (forecast === null || forecast.reached_in_s === 0) return [];
  const { limit } = wordsOf(finding, language);
  const when = phrases.spell(forecast.reached_in_s);
  return [['soon', phrases.soon(forecast.limit, limit.name, growth_per_minute, when)]];
}

function connectionRows({ kind, sample, count, subject }: ExplainedFinding, phrases: Phrases): TextRow[] {
  // A listener is no connection: where it is and which line made it is said above.
  const connections = sample.filter(({ state }) => state !== 'listen');
  const rows = connections.slice(0, mostConnections).map((one, index): TextRow => {
    const { connection_id, local, peer, state, age_s } = one;
    const queue = queueOf(kind, one, phrases);
    const text = `${connection_id}  ${local ?? '?'} ⇄ ${peer ?? '?'}  ${state} ${phrases.spell(age_s)}${queue}`;
    return [index === 0 ? 'socket' : '', text];
  });
  if (rows.length === 0) return [];
  const all = subject.failures ?? count;
  return all > rows.length ? [...rows, ['', phrases.more(all - rows.length)]] : rows;
}

/** What waits, and for whom. */
function queueOf(kind: ExplainedFinding['kind'], one: SampledConnection, phrases: Phrases): string {
  const { state, rx_queue, tx_queue } = one;
  if (kind === 'stuck_write') return phrases.unacknowledged(tx_queue);
  if (kind === 'handshake_stall' || state === 'time_wait') return '';
  return phrases.unread(payload(state, rx_queue));
}

/** Without the one that stands for an unread FIN. */
function payload(state: string, rxQueue: number): number {
  return state === 'close_wait' ? Math.max(0, rxQueue - 1) : rxQueue;
}

const indent = 9;

function row(label: string, text: string | readonly string[], width: number, paint: Paint): string {
  const lines = typeof text === 'string' ? wrap(shown(text), Math.max(30, width - indent)) : text;
  const first = columnsOf(label) < indent - 2 ? padTo(label, indent - 2) : `${label} `;
  return lines.map((line, index) => (index === 0 ? paint.dim(`  ${first}`) : ' '.repeat(indent)) + line).join('\n');
}

type Paint = Readonly<Record<'bad' | 'warn' | 'good' | 'dim', (text: string) => string>>;

const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;

const ansi: Paint = { bad: sgr(31), warn: sgr(33), good: sgr(32), dim: sgr(2) };

const plain: Paint = { bad: String, warn: String, good: String, dim: String };
