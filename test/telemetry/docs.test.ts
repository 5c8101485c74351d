import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { StepName } from '../../src/connection/lifecycle-event.ts';
import { attribute, eventPrefix, spanName, stateChangeEvent } from '../../src/telemetry/semconv.ts';

const page = readFileSync('docs/telemetry.md', 'utf8');

function firstColumn(heading: string): string[] {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`) + 1).split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '').sort();
}

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
});
