import { wrap } from '../columns.ts';
import { awaitedSegment, endLabels, rungLabel, stateLabel, timeLabel, waitLabels } from './labels.ts';
import type { Ladder } from './ladder.ts';
import {
  type EventRung,
  otherSide,
  type Rung,
  type SegmentRung,
  type Side,
  type StateMark,
  type States,
} from './rung.ts';
import { dot, head, type Point, type Stroke, stroke, textAt } from './svg-marks.ts';
import { columnWidth, type InkName } from './svg-style.ts';
import { duration, longGap } from './times.ts';
import type { Wait } from './waits.ts';
import type { LadderWords } from './words.ts';

/** Pixels. An IPv6 address with its port has room above each lifeline. */
export const svgWidth = 840;
const rail: Readonly<Record<Side, number>> = { us: 236, peer: 636 };
const timeEdge = 96;
const stateGap = 16;
const rowHeight = 34;
const lineHeight = 19;
const addressColumns = 47;
const wordColumns = Math.floor((rail.peer - rail.us - 40) / columnWidth);

/** The rows of a ladder as elements of SVG, from top to bottom. */
export class SvgRows {
  readonly #ladder: Ladder;
  readonly #words: LadderWords;
  readonly #elements: string[] = [];
  #y = 0;
  #has = { inferred: false, lost: false };

  constructor(ladder: Ladder, words: LadderWords) {
    this.#ladder = ladder;
    this.#words = words;
  }

  /** Of the picture, once it is drawn. */
  get height(): number {
    return this.#y + 14;
  }

  draw(): readonly string[] {
    const { beginningSeen, begin, waits, goesOn, endUnseen } = this.#ladder;
    this.#head();
    if (!beginningSeen) this.#note(this.#words.beginningUnknown, 30);
    this.#advance(22);
    this.#states(begin, this.#y - 4);
    this.#rungs();
    for (const wait of waits) this.#wait(wait);
    if (goesOn) this.#now();
    if (endUnseen) this.#note(this.#words.endUnseen, 40);
    else this.#advance(12);
    this.#legend();
    return this.#elements;
  }

  #head(): void {
    for (const side of ['us', 'peer'] as const) {
      const [name, address] = endLabels(side, this.#ladder, this.#words, addressColumns);
      this.#add(textAt(rail[side], 28, name, side, 'middle', ' strong'));
      this.#add(textAt(rail[side], 28 + lineHeight, address, 'text', 'middle'));
    }
    this.#y = 28 + lineHeight + 10;
  }

  #rungs(): void {
    const { rungs, from } = this.#ladder;
    let before: number | undefined;
    rungs.forEach((rung, index) => {
      const time = timeLabel(rung.at, before, from, this.#words);
      this.#gap(before, rung.at);
      before = rung.at ?? before;
      this.#advance(rowHeight);
      this.#add(textAt(timeEdge, this.#y + 4, time, 'faint', 'end'));
      this.#states(rung.states, this.#y + 4);
      if (rung.kind === 'event') this.#event(rung);
      else this.#arrow(rung, crosses(rungs[index - 1], rung) ? -1 : crosses(rung, rungs[index + 1]) ? 1 : 0);
    });
  }

  /** `slant`: it is on its way while another is: it goes down to the row after, or began in the row before. */
  #arrow(rung: SegmentRung & Rung, slant: -1 | 0 | 1): void {
    const { from, inferred, arrives } = rung;
    this.#has.inferred ||= inferred;
    this.#has.lost ||= !arrives;
    const direction = from === 'us' ? 1 : -1;
    const length = rail.peer - rail.us;
    const start: Point = { x: rail[from], y: slant === -1 ? this.#y - rowHeight : this.#y };
    const whole: Point = { x: rail[otherSide(from)], y: slant === 1 ? this.#y + rowHeight : this.#y };
    const tip = arrives ? whole : { x: start.x + direction * (length - 40), y: whole.y };
    const kind: Stroke = inferred ? 'dashed' : 'solid';
    this.#add(stroke(start, { x: tip.x - (arrives ? direction * 6 : 0), y: tip.y }, from, kind));
    this.#add(
      arrives ? head(start, tip, from) : textAt(tip.x + direction * 10, tip.y + 4, '?', from, 'middle', ' strong'),
    );
    const label = rungLabel(rung, this.#words);
    if (slant === 0) this.#add(textAt((rail.us + rail.peer) / 2, this.#y - 6, label, 'text', 'middle'));
    else this.#add(textAt(start.x + direction * 16, start.y - 6, label, 'text', from === 'us' ? 'start' : 'end'));
  }

  #event(rung: EventRung & Rung): void {
    this.#has.inferred ||= rung.inferred;
    this.#add(dot({ x: rail.us, y: this.#y }, 'us', false));
    this.#sentences('us', wrap(rungLabel(rung, this.#words), wordColumns), 'text', this.#y + 4);
  }

  #wait(wait: Wait): void {
    const { waits } = this.#ladder;
    const side = wait.turn === 'peer' ? 'peer' : 'us';
    const ink: InkName = wait.turn === 'clock' ? 'clock' : 'open';
    if (wait === waits[0]) this.#now();
    else this.#advance(rowHeight);
    const name = awaitedSegment(wait.for, this.#words);
    const words = waitLabels(wait, this.#words).flatMap((text) => wrap(text, wordColumns));
    const start = { x: rail[side], y: this.#y };
    if (name !== undefined) {
      const tip = { x: rail[otherSide(side)], y: this.#y };
      this.#add(stroke(start, { x: tip.x + (side === 'us' ? -6 : 6), y: tip.y }, ink, 'dotted'), head(start, tip, ink));
      this.#add(textAt((rail.us + rail.peer) / 2, this.#y - 6, name, ink, 'middle'));
      this.#advance(lineHeight + 4);
    }
    this.#add(dot(start, ink, true));
    this.#sentences(side, words, ink, name === undefined ? this.#y + 4 : this.#y);
  }

  /** A row with the time that has gone by, and what both sides are in. */
  #now(): void {
    const { rungs, from, at, end } = this.#ladder;
    this.#gap(rungs.findLast((rung) => rung.at !== undefined)?.at ?? from, at);
    this.#advance(rowHeight);
    this.#add(textAt(timeEdge, this.#y + 4, duration((at - from) / 1e6, this.#words.units), 'faint', 'end'));
    this.#states(end, this.#y + 4);
  }

  /** Lines of words at a lifeline; the first one's baseline is at `y`. */
  #sentences(side: Side, lines: readonly string[], ink: InkName, y: number): void {
    const x = rail[side] + (side === 'us' ? 14 : -14);
    lines.forEach((line, index) => {
      this.#add(textAt(x, y + index * lineHeight, line, ink, side === 'us' ? 'start' : 'end'));
    });
    this.#advance((lines.length - 1) * lineHeight);
  }

  #states({ us, peer }: States, y: number): void {
    this.#state(us, rail.us - stateGap, y, 'end');
    this.#state(peer, rail.peer + stateGap, y, 'start');
  }

  #state(mark: StateMark | undefined, x: number, y: number, anchor: 'start' | 'end'): void {
    this.#has.inferred ||= mark?.inferred === true;
    const isFaint = mark?.inferred === true;
    this.#add(textAt(x, y, stateLabel(mark), isFaint ? 'faint' : 'text', anchor, isFaint ? '' : ' strong'));
  }

  /** The longer, the higher: a second a little, an hour a lot. */
  #gap(before: number | undefined, at: number | undefined): void {
    const gap = before === undefined || at === undefined ? 0 : (at - before) / 1e6;
    if (gap >= longGap) this.#note(duration(gap, this.#words.units), 28 + Math.min(60, 8 * Math.log2(gap)));
  }

  #note(text: string, height: number): void {
    const top = this.#y + 6;
    this.#advance(6);
    this.#advance(height, 'dotted');
    this.#add(textAt((rail.us + rail.peer) / 2, (top + this.#y) / 2 + 4, text, 'faint', 'middle'));
  }

  #legend(): void {
    const { inferred, lost } = this.#words.legend;
    const said = [...(this.#has.inferred ? [inferred('- -')] : []), ...(this.#has.lost ? [lost] : [])];
    for (const line of said) {
      this.#y += lineHeight;
      this.#add(textAt(svgWidth / 2, this.#y, line, 'faint', 'middle'));
    }
  }

  /** Down, and both lifelines with it. */
  #advance(pixels: number, kind: Stroke = 'solid'): void {
    if (pixels <= 0) return;
    for (const x of [rail.us, rail.peer])
      this.#elements.unshift(stroke({ x, y: this.#y }, { x, y: this.#y + pixels }, 'rail', kind));
    this.#y += pixels;
  }

  #add(...elements: readonly string[]): void {
    this.#elements.push(...elements.filter((element) => element !== ''));
  }
}

/** Whether two rungs, one after the other, are a pair that crosses on the wire. */
function crosses(one: Rung | undefined, other: Rung | undefined): boolean {
  if (one?.kind !== 'segment' || other?.kind !== 'segment') return false;
  return one.crossing && other.crossing && one.from !== other.from;
}
