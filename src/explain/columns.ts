/** Characters that a terminal shows two columns wide (Unicode's East Asian Width, W and F). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** A line does not begin with these, and does not end with those. */
const clinging = /^[，。：；！？、）」』”’》…—]/u;
const opening = /[（「『“‘《]$/u;

/** Control characters, line breaks, and what turns the direction of writing. */
const unshown = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/** With `?` for what a terminal would obey, and not show: a name may be anybody's, in a recording above all. */
export function shown(text: string): string {
  return text.replace(unshown, '?');
}

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += wide.test(character) ? 2 : 1;
  return columns;
}

/** As `padEnd`, in columns. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Lines of so many columns at most, broken at spaces and between wide characters; what cannot be broken stays whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const { gap, piece } of piecesOf(text)) {
    const more = columnsOf(gap + piece);
    if (line !== '' && taken + more > columns) {
      lines.push(line);
      [line, taken] = [piece, more - gap.length];
    } else {
      line += gap + piece;
      taken += more;
    }
  }
  return [...lines, line];
}

interface Piece {
  /** What stands before it, where no line begins with it. */
  readonly gap: string;
  readonly piece: string;
}

/** What a line may be broken between. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const [, spaces = '', word = ''] of text.matchAll(/( *)([^ ]+)/g)) {
    let gap = spaces;
    for (const piece of word.match(/[^\u2e80-\uffef]+|[\u2e80-\uffef]/gu) ?? []) {
      const last = pieces.at(-1);
      if (last && (clinging.test(piece) || opening.test(last.piece)))
        pieces[pieces.length - 1] = { gap: last.gap, piece: last.piece + gap + piece };
      else pieces.push({ gap, piece });
      gap = '';
    }
  }
  return pieces;
}
