import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Lines, quoted } from '../../src/sources/lines.ts';

/** The lines that come of these pieces. */
function linesOf(pieces: readonly Uint8Array[]): string[] {
  const found: string[] = [];
  const lines = new Lines();
  const visit = (bytes: Uint8Array, start: number, end: number) =>
    void found.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
  for (const piece of pieces) lines.push(piece, visit);
  lines.end(visit);
  return found;
}

const text = (...texts: string[]) => texts.map((one) => Buffer.from(one, 'latin1'));

describe('Lines', () => {
  it('several lines in one piece', () => assert.deepEqual(linesOf(text('one\ntwo\n')), ['one', 'two']));

  it('one line in several pieces', () => assert.deepEqual(linesOf(text('o', 'n', 'e\ntw', 'o\n')), ['one', 'two']));

  it('the last line lacks its newline → a line all the same', () =>
    assert.deepEqual(linesOf(text('one\ntwo')), ['one', 'two']));

  it('where the pieces are cut does not matter', () => {
    const line = fc.stringMatching(/^[ -~]{1,300}$/);
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat({ max: 500 })), (lines, sizes) => {
        const whole = Buffer.from(lines.map((one) => `${one}\n`).join(''), 'latin1');
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(whole.subarray(at, at + size));
          at += size;
        }
        pieces.push(whole.subarray(at));
        assert.deepEqual(linesOf(pieces), lines);
      }),
    );
  });

  it('any bytes whatever, a line of a megabyte among them → never a crash, and memory that has an end', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 3000 })), (pieces) => void linesOf(pieces)));
    assert.equal(linesOf([new Uint8Array(1_000_000).fill(0x41)])[0]?.length, 1024);
  });
});

describe('quoted', () => {
  const said = (bytes: Uint8Array) => quoted(bytes, 0, bytes.length);

  it('control characters cannot reach a terminal', () => {
    assert.equal(said(Buffer.from('a\x1b[31mb\0\x7f\xff', 'latin1')), '"a\\x1b[31mb\\x00\\x7f\\xff"');
  });

  it('of a long one, the beginning', () => {
    assert.equal(said(Buffer.alloc(500, 'x')), `"${'x'.repeat(200)}…"`);
  });
});
