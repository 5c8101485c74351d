import type { Side } from './rung.ts';

/** What a ladder in text is drawn with. */
export type Charset = 'unicode' | 'ascii';

/** One character each, but for `dashed`, which may be repeated as a pattern. */
export interface Strokes {
  readonly line: string;
  /** A lifeline while time goes by, or where nobody knows what was there. */
  readonly broken: string;
  /** Where an arrow leaves a lifeline. */
  readonly leaves: Readonly<Record<Side, string>>;
  /** The end of an arrow from this side. */
  readonly head: Readonly<Record<Side, string>>;
  readonly solid: string;
  readonly dashed: string;
  /** What stands for it in the legend. */
  readonly dash: string;
  /** The shaft of an arrow that has not come. */
  readonly waiting: string;
  /** Where such an arrow would leave. */
  readonly open: string;
  /** Something happens on this side, and nothing goes over the wire. */
  readonly dot: string;
  /** A word in the characters that there are. */
  spell(text: string): string;
}

export const charsets: Readonly<Record<Charset, Strokes>> = {
  unicode: {
    line: '│',
    broken: '┊',
    leaves: { us: '├', peer: '┤' },
    head: { us: '▶', peer: '◀' },
    solid: '─',
    dashed: '╌',
    dash: '╌',
    waiting: '·',
    open: '○',
    dot: '●',
    spell: (text) => text,
  },
  ascii: {
    line: '|',
    broken: ':',
    leaves: { us: '|', peer: '|' },
    head: { us: '>', peer: '<' },
    solid: '-',
    dashed: '- ',
    dash: '- -',
    waiting: '.',
    open: 'o',
    dot: '*',
    spell: (text) => text.replaceAll('·', '-').replaceAll('×', 'x').replaceAll('…', '...'),
  },
};
