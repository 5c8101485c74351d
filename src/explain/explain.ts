import type { Finding } from '../detectors/detector.ts';
import { english } from './messages.en.ts';
import { spell } from './spell.ts';
import type { CauseWords, KindWords } from './words.ts';

/** A finding with its words, as it goes out: on stderr, in JSON, to a surface. */
export type ExplainedFinding = Finding & {
  /** What happened on the wire, and what was seen in the process. */
  readonly message: string;
  /** Whose turn it is, and what to change in the code. */
  readonly advice: string;
};

export function explain(finding: Finding): ExplainedFinding {
  if (finding.count === 0) return { ...finding, message: endOf(finding), advice: 'There is nothing left to do.' };
  const { turn, advice } = wordsOf(finding);
  return { ...finding, message: messageOf(finding), advice: `${turn} ${advice}` };
}

/** Of its kind, and of its cause. */
export function wordsOf(finding: Finding): Omit<KindWords<Finding['kind']>, 'causes'> & CauseWords {
  const { causes, ...rest } = english[finding.kind];
  const words: Omit<KindWords<Finding['kind']>, 'causes'> = rest;
  const known: Partial<Record<Finding['cause'], CauseWords>> = causes;
  return { ...words, ...(known[finding.cause] ?? untold), ...words.inThisCase?.(finding) };
}

const untold: CauseWords = { seen: 'why, could not be told', advice: 'Look at the connections below.' };

function messageOf(finding: Finding): string {
  const { wire, outcome, seen } = wordsOf(finding);
  const sentences = [`${summaryOf(finding)}: ${seen}.`, wire, outcome, ...detailsOf(finding), ...forecastOf(finding)];
  return sentences.join(' ');
}

/** What the finding's own numbers say, in sentences. */
export function detailsOf(finding: Finding): readonly string[] {
  return wordsOf(finding).details?.(finding) ?? [];
}

/** Nothing is left of it: for now, or for good. */
export function endOf(finding: Finding): string {
  const { noun, title, happened } = wordsOf(finding);
  const subject = `${noun[0]}${placeOf(finding)}`;
  const what = happened ? `For a while no ${subject} has ${title}` : `No ${subject} is ${title} any more`;
  return finding.status === 'cleared'
    ? `${what}.`
    : `${what}; the finding stays open for a while in case they come back.`;
}

/** `3 connections to 127.0.0.1:8080 (GET /document), the oldest for 34 s in CLOSE_WAIT, never closed`. */
export function summaryOf(finding: Finding): string {
  const { count, age_s } = finding;
  const { noun, title, summary, happened } = wordsOf(finding);
  const place = placeOf(finding);
  const many = `${count} ${noun[count === 1 ? 0 : 1]}${place}`;
  if (summary) return summary(finding, many, place);
  if (happened) return `${many} ${title}, ${count === 1 ? '' : 'the first '}${spell(age_s)} ago`;
  const since = count === 1 ? 'for' : 'the oldest for';
  return `${many}, ${since} ${spell(age_s)} ${title}`;
}

function placeOf(finding: Finding): string {
  const { destination, listener, local_address, request, pipe_target } = finding.subject;
  const { at = 'accepted on' } = wordsOf(finding);
  const from = local_address === undefined ? '' : ` from ${local_address}`;
  const where = listener ? ` ${at} ${listener}` : destination ? `${from} to ${destination}` : from;
  const what = request ? ` (${request})` : '';
  return where + what + (pipe_target ? ` piped into a ${pipe_target}` : '');
}

function forecastOf(finding: Finding): string[] {
  const { forecast, growth_per_minute, severity } = finding;
  const { limit } = wordsOf(finding);
  if (forecast && forecast.reached_in_s > 0) {
    const soon = spell(forecast.reached_in_s);
    return [
      `There are ${growth_per_minute} more every minute: at this rate the limit of ${forecast.limit} ${limit.name} is reached in ${soon}.`,
    ];
  }
  return severity === 'critical' ? [limit.reached] : [];
}
