/** One colour for a light page and one for a dark page, as hexadecimal digits. */
export interface Ink {
  readonly light: string;
  readonly dark: string;
}

/** What a ladder is painted with. Each text has a contrast of 4.5 or more on the paper (WCAG 2, 1.4.3). */
export const inks = {
  paper: { light: '#ffffff', dark: '#12161c' },
  text: { light: '#1b1f24', dark: '#e6eaf0' },
  /** Times, what was not seen, the legend. */
  faint: { light: '#57606a', dark: '#9aa5b1' },
  /** Lifelines: no text. */
  rail: { light: '#8b949e', dark: '#5d6875' },
  /** This side's arrows, and the peer's. */
  us: { light: '#0a58a8', dark: '#6cb2ff' },
  peer: { light: '#6b3fa0', dark: '#c7a5ff' },
  /** Who is waited for. */
  open: { light: '#b3261e', dark: '#ff9489' },
  /** The clock, for which nobody can do anything. */
  clock: { light: '#7a5200', dark: '#e3b341' },
} as const satisfies Record<string, Ink>;

export type InkName = keyof typeof inks;

/** Pixels; a column is as wide as one of a monospaced font can be, so that a text that fits by it fits. */
export const fontSize = 13;
export const columnWidth = fontSize * 0.61;

/** Self-contained: no font and no file is fetched. All rules are below one class, for a page may hold other pictures. */
export const styleSheet = [
  `.synfin-ladder text{font:${fontSize}px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}`,
  '.synfin-ladder .strong{font-weight:600}',
  '.synfin-ladder line{stroke-width:1.5}',
  '.synfin-ladder .dashed{stroke-dasharray:6 4}',
  '.synfin-ladder .dotted{stroke-dasharray:2 4}',
  '.synfin-ladder .hollow{stroke-width:1.5}',
  rules('light'),
  `@media(prefers-color-scheme:dark){${rules('dark')}}`,
].join('\n');

function rules(scheme: keyof Ink): string {
  const each = Object.entries(inks).map(([name, ink]) => {
    const colour = ink[scheme];
    if (name === 'paper') return `.synfin-ladder .paper,.synfin-ladder circle.hollow{fill:${colour}}`;
    const outlined = `.synfin-ladder line.${name},.synfin-ladder circle.${name}{stroke:${colour}}`;
    return `.synfin-ladder .${name}{fill:${colour}}${outlined}`;
  });
  return each.join('\n');
}
