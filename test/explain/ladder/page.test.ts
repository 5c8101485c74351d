import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ladderText } from '../../../src/explain/ladder/text.ts';
import { tcpStateNames } from '../../../src/tcp/state.ts';
import { type Life, lives, viewOfLife } from './lives.ts';

const page = readFileSync('docs/ladder.md', 'utf8');
const readme = readFileSync('README.md', 'utf8');
const drawingsOn = (text: string) => [...text.matchAll(/^<!-- ladder: (.+) -->\n```text\n([^`]*)```$/gm)];
const drawings = drawingsOn(page);

function assertDrawn(of: typeof drawings): void {
  for (const [, name = '', drawing] of of) {
    const life: Life | undefined = Object.entries<Life>(lives).find(([key]) => key === name)?.[1];
    assert.ok(life, `no life is called ${name}`);
    assert.equal(drawing, ladderText(viewOfLife(life)), name);
  }
}

describe('docs/ladder.md', () => {
  it('every drawing on it is what the code draws of that life', () => {
    assert.equal(drawings.length, page.split('```text').length - 1);
    assertDrawn(drawings);
  });

  it('and the one in the README is too', () => {
    assert.equal(drawingsOn(readme).length, 1);
    assertDrawn(drawingsOn(readme));
  });

  it('has each of the eleven states in its table, and in a drawing', () => {
    const rows = [...page.matchAll(/^\| ([A-Z_0-9]+) \|/gm)].map(([, state]) => state?.toLowerCase() ?? '');
    assert.deepEqual(rows.toSorted(), tcpStateNames.toSorted());
    const drawn = drawings.map(([, , drawing]) => drawing).join('\n');
    for (const state of tcpStateNames) assert.match(drawn, new RegExp(`\\b${state.toUpperCase()}\\b`));
  });
});
