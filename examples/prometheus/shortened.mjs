// The shipped rules in a hurry. They are read, and never written.

import { parse, stringify } from 'yaml';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };
const duration = '(?:\\d+(?:ms|[smhdwy]))+';
/** A range or a subquery: `[5m]`, `[1h:5m]`. */
const ranges = new RegExp(`\\[(${duration})(:?)(${duration})?\\]`, 'g');
const offsets = new RegExp(`\\boffset\\s+(${duration})`, 'g');
/** How far `predict_linear(…[1h], 4 * 3600)` looks ahead. */
const seconds = /(\]\s*,\s*)([\d.\s*]+)\)/g;

/**
 * A file of rules (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/) in which every duration
 * is divided by `factor`: `interval`, `for` and `keep_firing_for`, and in the expressions ranges, subqueries, offsets and
 * how far is looked ahead. A range is never shorter than `leastMs`, so that there are samples in it. All else is as it
 * was: thresholds, labels, texts.
 */
export function shortened(text, { factor, leastMs }) {
  const rules = parse(text);
  const short = (words, least = 0) => spelled(Math.max(least, millisecondsOf(words) / factor));
  for (const group of rules.groups) {
    if (group.interval) group.interval = short(group.interval, 1000);
    for (const rule of group.rules) {
      for (const name of ['for', 'keep_firing_for']) if (rule[name]) rule[name] = short(rule[name]);
      rule.expr = shortenedExpression(`${rule.expr}`, { factor, leastMs });
    }
  }
  return stringify(rules);
}

/** The same of one expression. */
export function shortenedExpression(expression, { factor, leastMs }) {
  const short = (words, least = 0) => spelled(Math.max(least, millisecondsOf(words) / factor));
  return expression
    .replace(ranges, (_, range, colon, step) => `[${short(range, leastMs)}${colon}${step ? short(step, 1000) : ''}]`)
    .replace(offsets, (_, offset) => `offset ${short(offset)}`)
    .replace(seconds, (_, before, ahead) => `${before}(${ahead.trim()}) / ${factor})`);
}

/** Of what Prometheus calls a duration: `1h30m`. */
export function millisecondsOf(words) {
  const parts = [...`${words}`.matchAll(/(\d+)(ms|[smhdwy])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs[unit], 0);
}

function spelled(ms) {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.round(ms)}ms`;
}
