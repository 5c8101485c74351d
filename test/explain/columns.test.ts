import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { columnsOf, padTo, wrap } from '../../src/explain/columns.ts';

/** How many columns Node's own line editor takes a text for: it asks ICU for Unicode's East Asian Width. */
function columnsOfNode(text: string): number {
  Object.assign(editor, { line: text, cursor: text.length });
  const { rows, cols } = editor.getCursorPos();
  assert.equal(rows, 0);
  return cols;
}

const editor = createInterface({ input: new PassThrough(), output: new PassThrough(), terminal: true, prompt: '' });
after(() => editor.close());

function charactersOf(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));
}

const noICU = process.versions.icu === undefined && 'needs a Node.js with ICU';

describe('columnsOf', () => {
  it('a Latin letter takes one, a Chinese character and its punctuation two', () => {
    const texts = ['', 'FIN', '再见', '「FIN」，', 'db:5432 ⇄ 你', '𠀀'];
    assert.deepEqual(texts.map(columnsOf), [0, 3, 4, 9, 12, 2]);
  });

  it('is what Node counts, for what Chinese and our own texts are written in', { skip: noICU }, () => {
    const blocks: [number, number][] = [
      [0x20, 0x7e],
      [0x3001, 0x301f],
      [0x4e00, 0x9fff],
      [0xff01, 0xff60],
    ];
    const characters = [...blocks.flatMap(([from, to]) => charactersOf(from, to)), ...'⇄·…—“”’'];
    for (const character of characters) assert.equal(columnsOf(character), columnsOfNode(character), character);
  });

  it('padTo fills up to so many columns, and cuts nothing off', () => {
    assert.deepEqual([padTo('对话', 7), padTo('wire', 7), padTo('怎么改呢', 7)], ['对话   ', 'wire   ', '怎么改呢']);
  });
});

const closing = '，。：；！？、）」』》';
const han = '内核在等你的进程';

describe('wrap', () => {
  it('breaks at spaces, and between Chinese characters', () => {
    assert.deepEqual(wrap('the kernel waits', 10), ['the kernel', 'waits']);
    assert.deepEqual(wrap(han, 10), ['内核在等你', '的进程']);
    assert.deepEqual(wrap('调用 end() 之后', 10), ['调用 end()', '之后']);
    assert.deepEqual(wrap('1db392  close_wait  34 秒', 20), ['1db392  close_wait', '34 秒']);
  });

  it('closing punctuation stays with what is before it, opening with what comes', () => {
    assert.deepEqual(wrap('内核在等你，等', 10), ['内核在等', '你，等']);
    assert.deepEqual(wrap('它回了「听到」', 8), ['它回了', '「听到」']);
    assert.deepEqual(wrap('对端关了 （FIN）', 10), ['对端关了', '（FIN）']);
    assert.deepEqual(wrap('it is over ，再见', 10), ['it is', 'over ，再', '见']);
  });

  const token = fc.oneof(
    fc.stringMatching(/^[a-z()./:]{1,12}$/),
    fc.stringMatching(/^[\u4e00-\u9fff]{1,12}$/),
    fc.constantFrom(...closing, '（', '「', ' ', '「喂」', 'CLOSE_WAIT', '，FIN', '𠀀'),
  );
  // A text begins with a word: punctuation that nothing stands before has nowhere else to go.
  const text = fc.array(token, { maxLength: 40 }).map((tokens) => `我${tokens.join('')}`);
  const width = fc.integer({ min: 1, max: 60 });
  const bare = (part: string) => part.replaceAll(' ', '');

  it('loses no character and changes no order', () => {
    fc.assert(fc.property(text, width, (of, columns) => assert.equal(bare(wrap(of, columns).join('')), bare(of))));
  });

  it('no line is wider, but for one that cannot be broken', () => {
    const one = '(?:[^\\u2e80-\\uffef ]+|[\\u2e80-\\uffef])';
    const unbreakable = new RegExp(`^(?:[（「] *)*${one}?(?: *[${closing}])*$`, 'u');
    fc.assert(
      fc.property(text, width, (of, columns) => {
        for (const line of wrap(of, columns))
          assert.ok(columnsOf(line) <= columns || unbreakable.test(line), JSON.stringify(line));
      }),
    );
  });

  it('no line begins with closing punctuation, or ends with an opening bracket that something follows', () => {
    fc.assert(
      fc.property(text, width, (of, columns) => {
        const lines = wrap(of, columns);
        for (const line of lines) assert.doesNotMatch(line, new RegExp(`^ *[${closing}]`, 'u'));
        for (const line of lines.slice(0, -1)) assert.doesNotMatch(line, /[（「]$/u);
      }),
    );
  });
});
