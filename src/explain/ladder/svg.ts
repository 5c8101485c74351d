import type { ConnectionView } from '../../connection/view.ts';
import { type Endpoint, formatEndpoint } from '../../tcp/endpoint.ts';
import type { Language } from '../language.ts';
import { rungLabel, stateLabel, timeLabel, waitLabels } from './labels.ts';
import { type Ladder, ladderOf } from './ladder.ts';
import { otherSide } from './rung.ts';
import { round, xml } from './svg-marks.ts';
import { SvgRows, svgWidth } from './svg-rows.ts';
import { styleSheet } from './svg-style.ts';
import { ladderTongue } from './tongue.ts';
import type { LadderWords } from './words.ts';

/** How a ladder is drawn as a picture. */
export interface LadderSvgOptions {
  /** Unless it is said, `en`. */
  readonly language?: Language;
}

/**
 * A connection's life as a ladder diagram in SVG: one element without script, font or request of its own, for a file, an
 * `<img>` or the middle of a page. Light or dark as the reader's browser asks for.
 */
export function ladderSvg(view: ConnectionView, { language = 'en' }: LadderSvgOptions = {}): string {
  const words = ladderTongue(language);
  const ladder = ladderOf(view);
  const rows = new SvgRows(ladder, words);
  const drawn = rows.draw();
  const height = round(rows.height);
  const name = `synfin-${ladder.id.replace(/[^A-Za-z0-9]+/g, '-')}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="synfin-ladder" role="img" lang="${language}"`,
    ` aria-labelledby="${name}-title ${name}-desc" width="${svgWidth}" height="${height}" viewBox="0 0 ${svgWidth} ${height}">`,
    `\n<title id="${name}-title">${xml(titleOf(ladder, words))}</title>`,
    `\n<desc id="${name}-desc">${xml(inSentences(ladder, words))}</desc>`,
    `\n<style>${styleSheet}</style>`,
    `\n<rect class="paper" width="${svgWidth}" height="${height}" rx="8"/>`,
    ...drawn.map((element) => `\n${element}`),
    '\n</svg>\n',
  ].join('');
}

function titleOf({ id, local, peer, state }: Ladder, words: LadderWords): string {
  const end = (one: Endpoint | undefined) => (one ? formatEndpoint(one) : words.unknownAddress);
  return words.title(id, end(local), end(peer), state.toUpperCase());
}

/** What the picture shows, for those who hear it. */
function inSentences(ladder: Ladder, words: LadderWords): string {
  const { rungs, waits, from, beginningSeen, endUnseen } = ladder;
  let before: number | undefined;
  const told = rungs.map((rung) => {
    const time = timeLabel(rung.at, before, from, words);
    before = rung.at ?? before;
    const what = rungLabel(rung, words) + (rung.inferred ? ` (${words.inferred})` : '');
    const said = rung.kind === 'segment' ? words.arrow(words[rung.from], words[otherSide(rung.from)], what) : what;
    const state = stateLabel(rung.states.us);
    return `${time === '' ? '' : `${time}: `}${said}${state === '' ? '' : `, ${words.us} ${state}`}`;
  });
  const waiting = waits.map((wait) => waitLabels(wait, words).join(', '));
  const all = [
    ...(beginningSeen ? [] : [words.beginningUnknown]),
    ...told,
    ...waiting,
    ...(endUnseen ? [words.endUnseen] : []),
  ];
  return all.join('; ');
}
