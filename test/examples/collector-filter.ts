import assert from 'node:assert/strict';
import type { ReceivedSpan } from '../system/otlp-receiver.ts';
import { collector } from './collector-files.ts';

export interface Term {
  /** Of the attribute; undefined for the span's own name. */
  readonly name: string | undefined;
  readonly value: unknown;
}

/** The part of OTTL that the example needs: `span.name == "x" and span.attributes["y"] == nil`. */
export function termsOf(condition: string): Term[] {
  return condition.split(/\s+and\s+/).map((term) => {
    const [, name, value = ''] =
      /^span\.(?:name|attributes\["([\w.]+)"\]) == ("[\w.]+"|\d+|nil)$/.exec(term.trim()) ?? [];
    assert.ok(value, term);
    return { name, value: value === 'nil' ? undefined : JSON.parse(value) };
  });
}

/** In a filter, each condition alone drops. */
export function isDropped(span: ReceivedSpan): boolean {
  const { trace_conditions } = collector.processors['filter/uneventful'];
  const holds = ({ name, value }: Term) => (name === undefined ? span.name : span.attributes[name]) === value;
  return trace_conditions.some((condition) => termsOf(condition).every(holds));
}
