import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { StepName } from '../../src/connection/lifecycle-event.ts';
import { findingKinds } from '../../src/detectors/kinds.ts';
import { explain } from '../../src/explain/explain.ts';
import { findingAttributes, sampleAttributes, standingAttributes } from '../../src/telemetry/finding-attributes.ts';
import { findingEvent, resolvedEvent } from '../../src/telemetry/finding-events.ts';
import { type Metric, metric, metricAttribute } from '../../src/telemetry/metric-names.ts';
import { attribute, eventPrefix, logAttribute, spanName, stateChangeEvent } from '../../src/telemetry/semconv.ts';
import { everyFinding } from '../explain/every-finding.ts';

const page = readFileSync('docs/telemetry.md', 'utf8');

function section(heading: string): string {
  return page.slice(page.indexOf(`\n## ${heading}\n`) + 1).split('\n## ')[0] ?? '';
}

function firstColumn(heading: string): string[] {
  return [...section(heading).matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '').sort();
}

/** The rows of its table, each as its cells, without the backticks. */
function rows(heading: string): string[][] {
  const lines = section(heading).match(/^\| `.*\|$/gm) ?? [];
  return lines.map((line) =>
    line
      .slice(1, -1)
      .replaceAll('`', '')
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const instruments: Readonly<Record<Metric['instrument'], string>> = {
  counter: 'Counter',
  up_down_counter: 'UpDownCounter',
  gauge: 'Gauge',
  histogram: 'Histogram',
};

/** Every step there is: the compiler finds the one that is missing. */
const steps: Record<StepName, true> = {
  syn: true,
  syn_ack: true,
  ack: true,
  'fin.sent': true,
  'fin.received': true,
  'fin.acked': true,
  'rst.sent': true,
  'rst.received': true,
};

describe('docs/telemetry.md', () => {
  it('has every span, and no other', () => {
    assert.deepEqual(firstColumn('Spans'), Object.values(spanName).sort());
  });

  it('has every attribute, and no other', () => {
    assert.deepEqual(firstColumn('Attributes'), Object.values(attribute).sort());
  });

  it('has every span event, and no other', () => {
    const events = [...Object.keys(steps).map((step) => eventPrefix + step), stateChangeEvent];
    assert.deepEqual(firstColumn('Span events'), events.sort());
  });

  it('has the names of the log record of every kind of finding, and no other', () => {
    const documented = rows('Findings as log records').sort();
    assert.deepEqual(documented, findingKinds.map((kind) => [kind, findingEvent[kind], resolvedEvent(kind)]).sort());
  });

  it('has every attribute of a log record, and no other; each is told of some finding', () => {
    const told = new Set<string>();
    for (const one of everyFinding())
      for (const sample of one.sample) {
        const all = [findingAttributes(explain(one)), sampleAttributes(sample), standingAttributes(one, sample)];
        for (const name of all.flatMap((attributes) => Object.keys(attributes))) told.add(name);
      }
    assert.deepEqual(firstColumn('What a log record holds'), [...told].sort());
    const named = new Set<string>([attribute, logAttribute, metricAttribute].flatMap((names) => Object.values(names)));
    for (const name of told) assert.ok(named.has(name), name);
    for (const name of Object.values(logAttribute)) assert.ok(told.has(name), name);
  });

  it('has every metric with its instrument, unit, attributes and meaning, and no other', () => {
    const documented = rows('Metrics');
    const known = Object.entries<Metric>(metric).map(([name, about]) => {
      const { instrument, observable, unit, attributes, description } = about;
      const kind = `${observable ? 'observable ' : ''}${instruments[instrument]}`;
      return [name, kind, unit, attributes.join(', '), description.replaceAll('`', '')];
    });
    assert.deepEqual(documented, known);
  });
});

describe('the names', () => {
  const spoken = /^synfin(?:\.[a-z][a-z0-9_]*)+$/;

  it('of log records and metrics are ours, in lower case, and each is a metric, an event or an attribute', () => {
    const events = findingKinds.flatMap((kind) => [findingEvent[kind], resolvedEvent(kind)]);
    for (const name of [...events, ...Object.keys(metric)]) assert.match(name, spoken);
    for (const name of [...events, ...Object.values(logAttribute)]) assert.ok(!(name in metric), name);
  });

  it('of what is cleared end in .resolved', () => {
    for (const kind of findingKinds) assert.match(resolvedEvent(kind), /\.resolved$/);
    assert.equal(resolvedEvent('close_wait_leak'), 'synfin.tcp.connection.leak.resolved');
    assert.equal(resolvedEvent('time_wait_buildup'), 'synfin.tcp.time_wait.buildup.resolved');
  });

  it('of attributes on metrics say nothing of a single connection, error text or line of code', () => {
    const allowed = new Set<string>([...Object.values(attribute), ...Object.values(metricAttribute)]);
    const tooMany = [attribute.networkLocalPort, attribute.clientPort, attribute.clientAddress, attribute.connectionId];
    for (const { attributes } of Object.values<Metric>(metric))
      for (const name of attributes) {
        assert.ok(allowed.has(name), name);
        assert.ok(!(tooMany as readonly string[]).includes(name), name);
      }
  });
});
