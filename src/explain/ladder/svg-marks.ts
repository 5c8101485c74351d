import { columnsOf } from '../columns.ts';
import { columnWidth, type InkName } from './svg-style.ts';

/** Where a text begins, ends or has its middle. */
export type Anchor = 'start' | 'middle' | 'end';

/** Characters that XML 1.0 (section 2.2) does not know, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are meant
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** As content or attribute of an element. */
export function xml(text: string): string {
  return text.replace(notXml, '').replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

export function textAt(x: number, y: number, text: string, ink: InkName, anchor: Anchor = 'start', more = ''): string {
  if (text === '') return '';
  return `<text class="${ink}${more}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${xml(text)}</text>`;
}

export type Stroke = 'solid' | 'dashed' | 'dotted';

/** A line from one point to the other. */
export function stroke(from: Point, to: Point, ink: InkName, kind: Stroke = 'solid'): string {
  const [x1, y1, x2, y2] = [from.x, from.y, to.x, to.y].map(round);
  return `<line class="${ink}${kind === 'solid' ? '' : ` ${kind}`}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The head of an arrow that comes from `from` and ends at `tip`. */
export function head(from: Point, tip: Point, ink: InkName): string {
  const angle = Math.atan2(tip.y - from.y, tip.x - from.x);
  const corner = (turn: number) =>
    `${round(tip.x - 9 * Math.cos(angle + turn))},${round(tip.y - 9 * Math.sin(angle + turn))}`;
  return `<polygon class="${ink}" points="${round(tip.x)},${round(tip.y)} ${corner(0.42)} ${corner(-0.42)}"/>`;
}

/** On a lifeline: full for what happened there, hollow for what has not. */
export function dot({ x, y }: Point, ink: InkName, isHollow: boolean): string {
  return `<circle class="${ink}${isHollow ? ' hollow' : ''}" cx="${round(x)}" cy="${round(y)}" r="4.5"/>`;
}

/** How wide a text can be, in pixels. */
export function widthOf(text: string): number {
  return columnsOf(text) * columnWidth;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
