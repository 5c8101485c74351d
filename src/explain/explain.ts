import type { Finding } from '../detectors/detector.ts';
import { causes, kinds } from './messages.en.ts';

/** A finding with its words, as it goes out: on stderr, in JSON, to a surface. */
export type ExplainedFinding = Finding & {
  /** What happened on the wire, and what was seen in the process. */
  readonly message: string;
  /** Whose turn it is, and what to change in the code. */
  readonly advice: string;
};

export function explain(finding: Finding): ExplainedFinding {
  if (finding.count === 0) return { ...finding, message: endOf(finding), advice: 'There is nothing left to do.' };
  const advice = `${kinds[finding.kind].turn} ${causes[finding.cause].advice}`;
  return { ...finding, message: messageOf(finding), advice };
}

function messageOf(finding: Finding): string {
  const { wire, outcome } = kinds[finding.kind];
  return `${summaryOf(finding)}: ${causes[finding.cause].seen}. ${wire} ${outcome}${forecastOf(finding)}`;
}

/** Nothing is left of it: for now, or for good. */
export function endOf({ kind, subject, status }: Finding): string {
  const what = `No connection${placeOf(subject)} is ${kinds[kind].title} any more`;
  return status === 'cleared' ? `${what}.` : `${what}; the finding stays open for a while in case they come back.`;
}

/** `3 connections to 127.0.0.1:8080 (GET /document), the oldest for 34 s in CLOSE_WAIT, never closed`. */
export function summaryOf({ count, kind, subject, age_s }: Finding): string {
  const many = count === 1 ? '1 connection' : `${count} connections`;
  const since = count === 1 ? 'for' : 'the oldest for';
  return `${many}${placeOf(subject)}, ${since} ${spell(age_s)} ${kinds[kind].title}`;
}

function placeOf({ destination, listener, request, pipe_target }: Finding['subject']): string {
  const where = listener ? ` accepted on ${listener}` : destination ? ` to ${destination}` : '';
  const what = request ? ` (${request})` : '';
  return where + what + (pipe_target ? ` piped into a ${pipe_target}` : '');
}

function forecastOf({ forecast, growth_per_minute, severity }: Finding): string {
  if (forecast)
    return ` There are ${growth_per_minute} more every minute: at this rate the limit of ${forecast.limit} open files is reached in ${spell(forecast.reached_in_s)}.`;
  return severity === 'critical' ? ' The process has all but reached its limit of open files.' : '';
}

/** `34 s`, `12 min`, `3 h`: one unit, as people say it. */
export function spell(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
