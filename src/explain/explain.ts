import type { Finding } from '../detectors/detector.ts';
import type { Language } from './language.ts';
import { snippetOf } from './snippets.ts';
import { type Tongue, tongueOf } from './tongue.ts';
import type { CauseWords, KindWords } from './words.ts';

/** A finding with its words, as it goes out: on stderr, in JSON, to a surface. */
export type ExplainedFinding = Finding & {
  /** What happened on the wire, and what was seen in the process. */
  readonly message: string;
  /** Whose turn it is, and what to change in the code. */
  readonly advice: string;
  /** The change in code, a few lines: `-` before what goes, `+` before what comes; null where prose says it better. */
  readonly snippet: string | null;
};

export function explain(finding: Finding, language: Language = 'en'): ExplainedFinding {
  const { phrases } = tongueOf(language);
  if (finding.count === 0)
    return { ...finding, message: endOf(finding, language), advice: phrases.nothingLeft, snippet: null };
  const { turn, advice } = wordsOf(finding, language);
  const snippet = snippetOf(finding)?.join('\n') ?? null;
  return { ...finding, message: messageOf(finding, language), advice: phrases.paragraph([turn, advice]), snippet };
}

/** Of its kind, and of its cause. */
export function wordsOf(finding: Finding, language: Language): Omit<KindWords<Finding['kind']>, 'causes'> & CauseWords {
  const { words: table, phrases } = tongueOf(language);
  const { causes, ...rest } = table[finding.kind];
  const words: Omit<KindWords<Finding['kind']>, 'causes'> = rest;
  const known: Partial<Record<Finding['cause'], CauseWords>> = causes;
  return { ...words, ...(known[finding.cause] ?? phrases.untold), ...words.inThisCase?.(finding) };
}

function messageOf(finding: Finding, language: Language): string {
  const { phrases } = tongueOf(language);
  const { wire, outcome, seen } = wordsOf(finding, language);
  const what = phrases.because(summaryOf(finding, language), seen);
  return phrases.paragraph([
    what,
    wire,
    outcome,
    ...detailsOf(finding, language),
    ...forecastOf(finding, language, phrases),
  ]);
}

/** What the finding's own numbers say, in sentences. */
export function detailsOf(finding: Finding, language: Language): readonly string[] {
  return wordsOf(finding, language).details?.(finding) ?? [];
}

/** Nothing is left of it: for now, or for good. */
export function endOf(finding: Finding, language: Language): string {
  const { noun, title, happened = false } = wordsOf(finding, language);
  const cleared = finding.status === 'cleared';
  return tongueOf(language).phrases.end(noun[0], placeOf(finding, language), title, { happened, cleared });
}

/** `3 connections to 127.0.0.1:8080 (GET /document), the oldest for 34 s in CLOSE_WAIT, never closed`. */
export function summaryOf(finding: Finding, language: Language): string {
  const { phrases } = tongueOf(language);
  const { count, age_s } = finding;
  const { noun, title, summary, happened } = wordsOf(finding, language);
  const place = placeOf(finding, language);
  const many = phrases.many(count, noun, place);
  if (summary) return summary(finding, many, place);
  const age = phrases.spell(age_s);
  return happened ? phrases.past(many, count, age, title) : phrases.lasting(many, count, age, title);
}

function placeOf(finding: Finding, language: Language): string {
  const { destination, listener, local_address: from, request, pipe_target: pipeTarget } = finding.subject;
  const { at } = wordsOf(finding, language);
  return tongueOf(language).phrases.place({ from, destination, listener, at, request, pipeTarget });
}

function forecastOf(finding: Finding, language: Language, phrases: Tongue['phrases']): string[] {
  const { forecast, growth_per_minute, severity } = finding;
  const { limit } = wordsOf(finding, language);
  if (forecast && forecast.reached_in_s > 0) {
    const soon = phrases.spell(forecast.reached_in_s);
    return [phrases.forecast(forecast.limit, limit.name, growth_per_minute, soon)];
  }
  return severity === 'critical' ? [limit.reached] : [];
}
