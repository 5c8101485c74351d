import assert from 'node:assert/strict';
import type { Snippet } from '../../src/explain/snippets.ts';

/** A snippet's code as it is, and as it is to be. */
export function sidesOf(snippet: Snippet): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const without = (sign: string) => snippet.filter((line) => !line.startsWith(sign)).map((line) => line.slice(2));
  return { before: without('+'), after: without('-') };
}

/** The program with the snippet's lines changed, wherever they are indented to; they have to be there once. */
export function patched(program: string, snippet: Snippet): string {
  const { before, after } = sidesOf(snippet);
  const lines = program.split('\n');
  const isHere = (at: number) => before.every((line, index) => lines[at + index]?.trim() === line.trim());
  const places = lines.map((_, index) => index).filter(isHere);
  assert.equal(places.length, 1, `${before.join('\n')}\nis there ${places.length} times`);
  return lines.toSpliced(places[0] ?? 0, before.length, ...after).join('\n');
}
