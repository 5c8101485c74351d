import type { ConnectionView } from '../../connection/view.ts';
import { columnsOf, padTo, shown, wrap } from '../columns.ts';
import type { Language } from '../language.ts';
import { compact } from './compact.ts';
import { awaitedSegment, endLabels, rungLabel, stateLabel, timeLabel, waitLabels } from './labels.ts';
import { type Ladder, ladderOf } from './ladder.ts';
import type { EventRung, Rung, SegmentRung, Side, States } from './rung.ts';
import { type Charset, charsets, type Strokes } from './strokes.ts';
import { duration, longGap } from './times.ts';
import { ladderTongue } from './tongue.ts';
import type { Wait } from './waits.ts';
import type { LadderWords } from './words.ts';

/** How a ladder is drawn as text. */
export interface LadderTextOptions {
  /** `ascii` draws with `|`, `-` and `>`; words in Chinese stay Chinese. Unless it is said, `unicode`. */
  readonly charset?: Charset;
  /** Unless it is said, `en`. */
  readonly language?: Language;
  /** The handshake as one rung, no legend, and no more than 16 lines: the end of a life is kept. */
  readonly compact?: boolean;
}

/**
 * A connection's life as a ladder diagram: lines of at most 80 columns without spaces at their ends, and a line feed
 * after each. This process is the lifeline on the left. Times count from the first rung.
 */
export function ladderText(view: ConnectionView, options: LadderTextOptions = {}): string {
  const { charset = 'unicode', language = 'en', compact: isCompact = false } = options;
  const words = ladderTongue(language);
  const whole = ladderOf(view);
  const lines = new Drawing(isCompact ? compact(whole) : whole, words, charsets[charset], isCompact).lines();
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Columns of the time, of a state on each side, and between the lifelines. */
const [timeColumns, stateColumns, inner] = [9, 14, 38];
const mostCompactLines = 16;
const labelColumns = 35;

class Drawing {
  readonly #ladder: Ladder;
  readonly #words: LadderWords;
  readonly #strokes: Strokes;
  readonly #isCompact: boolean;
  #has = { inferred: false, lost: false };

  constructor(ladder: Ladder, words: LadderWords, strokes: Strokes, isCompact: boolean) {
    this.#ladder = ladder;
    this.#words = words;
    this.#strokes = strokes;
    this.#isCompact = isCompact;
  }

  lines(): string[] {
    const { beginningSeen, endUnseen, goesOn, waits } = this.#ladder;
    const head = [...this.#head(), ...this.#begin()];
    const rungs = this.#rungs();
    const tail = waits.flatMap((wait) => this.#wait(wait));
    if (goesOn) tail.push(...this.#now(), this.#row(this.#time(), this.#ladder.end, this.#rails()));
    if (endUnseen) tail.push(this.#note(this.#words.endUnseen));
    if (!this.#isCompact) return [...head, ...rungs, ...tail, ...this.#legend()];
    const room = Math.max(1, mostCompactLines - tail.length - head.length);
    const kept =
      rungs.length > room ? [this.#note(this.#words.omitted), ...rungs.slice(1 - room || rungs.length)] : rungs;
    return beginningSeen && rungs.length > room ? [...head.slice(0, 2), ...kept, ...tail] : [...head, ...kept, ...tail];
  }

  #head(): string[] {
    const us = endLabels('us', this.#ladder, this.#words, labelColumns);
    const peer = endLabels('peer', this.#ladder, this.#words, labelColumns);
    return us.map((label, index) => this.#ends(this.#plain(label), this.#plain(peer[index] ?? '')));
  }

  /** Each above its lifeline, moved towards the edge where it is too long. */
  #ends(us: string, peer: string): string {
    const left = timeColumns + 1 + stateColumns + 1;
    const right = left + inner + 1;
    const start = Math.max(0, left - Math.floor(columnsOf(us) / 2));
    const other = Math.min(right - Math.floor(columnsOf(peer) / 2), 80 - columnsOf(peer));
    return padTo(' '.repeat(start) + us, Math.max(other, start + columnsOf(us) + 1)) + peer;
  }

  #begin(): string[] {
    const { beginningSeen, begin } = this.#ladder;
    const row = this.#row('', begin, this.#rails());
    if (beginningSeen) return this.#isCompact ? [] : [row];
    return [this.#note(this.#words.beginningUnknown), row];
  }

  #rungs(): string[] {
    const { rungs, from } = this.#ladder;
    let before: number | undefined;
    return rungs.flatMap((rung) => {
      const { at, states } = rung;
      const gap = this.#gap(before, at);
      const time = timeLabel(at, before, from, this.#words);
      before = at ?? before;
      const drawn = rung.kind === 'segment' ? this.#arrow(rung) : this.#event(rung);
      return [
        ...gap,
        ...drawn.map((line, index) => this.#row(index === 0 ? time : '', index === 0 ? states : {}, line)),
      ];
    });
  }

  /** Time that has gone by since the last rung. */
  #now(): string[] {
    const { rungs, from, at } = this.#ladder;
    return this.#gap(rungs.findLast((rung) => rung.at !== undefined)?.at ?? from, at);
  }

  #time(): string {
    const { at, from } = this.#ladder;
    return duration((at - from) / 1e6, this.#words.units);
  }

  #rails(): string {
    return this.#strokes.line + ' '.repeat(inner) + this.#strokes.line;
  }

  #gap(before: number | undefined, at: number | undefined): string[] {
    const gap = before === undefined || at === undefined ? 0 : (at - before) / 1e6;
    if (gap < longGap) return [];
    return [this.#note(duration(gap, this.#words.units))];
  }

  #arrow(rung: SegmentRung & Rung): string[] {
    const { from, inferred, arrives } = rung;
    const { line, leaves, head, solid, dashed } = this.#strokes;
    this.#has.inferred ||= inferred;
    this.#has.lost ||= !arrives;
    const stroke = inferred ? dashed : solid;
    const label = this.#plain(rungLabel(rung, this.#words));
    const end = arrives ? head[from] : '';
    const shaft = this.#shaft(stroke, label, inner - (arrives ? columnsOf(end) : 5));
    const tip = arrives ? end : ' ?   ';
    if (from === 'us') return [`${leaves.us}${shaft}${tip}${line}`];
    return [`${line}${[...tip].reverse().join('')}${shaft}${leaves.peer}`];
  }

  #shaft(stroke: string, label: string, columns: number): string {
    const rest = columns - columnsOf(label) - 2;
    const left = Math.floor(rest / 2);
    const draw = (count: number) => stroke.repeat(count).slice(0, count);
    return `${draw(left)} ${label} ${draw(rest - left)}`;
  }

  #event(rung: EventRung & Rung): string[] {
    const { line, dot } = this.#strokes;
    return this.#beside('us', this.#plain(rungLabel(rung, this.#words))).map(
      (text, index) => `${index === 0 ? dot : line}${text}${line}`,
    );
  }

  /** An arrow that has not come, and under it the words that say whose turn it is. */
  #wait(wait: Wait): string[] {
    const { waits, end } = this.#ladder;
    const { line, waiting, open, head } = this.#strokes;
    const side = wait.turn === 'peer' ? 'peer' : 'us';
    const name = awaitedSegment(wait.for, this.#words);
    const shaft = name === undefined ? undefined : this.#shaft(waiting, name, inner - columnsOf(head.us));
    const arrow =
      shaft === undefined
        ? []
        : [side === 'us' ? `${open}${shaft}${head.us}${line}` : `${line}${head.peer}${shaft}${open}`];
    const words = waitLabels(wait, this.#words).flatMap((text) => this.#beside(side, this.#plain(text)));
    const marked = words.map((text, index) => {
      const isMarked = arrow.length === 0 && index === 0;
      return `${isMarked && side === 'us' ? open : line}${text}${isMarked && side === 'peer' ? open : line}`;
    });
    const isFirst = wait === waits[0];
    const since = isFirst ? this.#now() : [];
    const time = isFirst ? this.#time() : '';
    const drawn = [...arrow, ...marked].map((text, index) =>
      this.#row(index === 0 ? time : '', index === 0 && isFirst ? end : {}, text),
    );
    return [...since, ...drawn];
  }

  /** Between the lifelines, at the one whose matter it is. */
  #beside(side: Side, text: string): string[] {
    return wrap(text, inner - 2).map((whole) => {
      const line = cut(whole, inner - 2);
      const columns = columnsOf(line);
      return side === 'us' ? padTo(` ${line}`, inner) : `${' '.repeat(inner - columns - 1)}${line} `;
    });
  }

  /** Between lifelines that are broken off: time goes by, or nobody knows what was there. */
  #note(text: string): string {
    const { broken } = this.#strokes;
    const short = cut(this.#plain(text), inner - 2);
    const left = Math.floor((inner - columnsOf(short)) / 2);
    return this.#row('', {}, broken + padTo(' '.repeat(left) + short, inner) + broken);
  }

  #row(time: string, { us, peer }: States, between: string): string {
    this.#has.inferred ||= us?.inferred === true || peer?.inferred === true;
    // A unit of two characters of two columns each: the space before it gives way.
    const fitting = columnsOf(time) > timeColumns ? time.replace(' ', '') : time;
    const left = `${before(fitting, timeColumns)} ${before(stateLabel(us), stateColumns)} `;
    return `${left}${between} ${stateLabel(peer)}`;
  }

  #legend(): string[] {
    const { inferred, lost } = this.#words.legend;
    const said = [...(this.#has.inferred ? [inferred(this.#strokes.dash)] : []), ...(this.#has.lost ? [lost] : [])];
    return said.length === 0 ? [] : ['', ...wrap(said.join(' '), 76).map((line) => `  ${this.#plain(line)}`)];
  }

  /** In the characters that there are; what a terminal would obey, and not show, is `?`. */
  #plain(text: string): string {
    return this.#strokes.spell(shown(text));
  }
}

function before(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}

/** A word that no line has room for, a code of the application's own, loses its end. */
function cut(text: string, columns: number): string {
  let line = text;
  while (columnsOf(line) > columns) line = [...line].slice(0, -1).join('');
  return line;
}
