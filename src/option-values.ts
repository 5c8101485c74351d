/** How the value of an option is read, from a variable's text and from code. */
export interface Reader<Value> {
  /** What is accepted, as the user is told. */
  readonly accepts: string;
  /** From the text of a variable; undefined when it is not understood. */
  readonly parse: (text: string) => Value | undefined;
  /** A value given in code, checked; undefined when it is not accepted. */
  readonly check: (value: unknown) => Value | undefined;
}

export function boolean(): Reader<boolean> {
  const words = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]);
  return {
    accepts: 'true or false',
    parse: (text) => words.get(text.toLowerCase()),
    check: (value) => (typeof value === 'boolean' ? value : undefined),
  };
}

export function integer(least: number, most: number, unit: string): Reader<number> {
  const check = (value: unknown) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  return {
    accepts: `a whole number of ${unit} from ${least} to ${most}`,
    parse: (text) => (/^\d+$/.test(text) ? check(Number(text)) : undefined),
    check,
  };
}

/** Of one whole. */
export function share(least: number): Reader<number> {
  const check = (value: unknown) => (typeof value === 'number' && value >= least && value <= 1 ? value : undefined);
  return {
    accepts: `a number from ${least} to 1`,
    parse: (text) => (/^(\d+(\.\d*)?|\.\d+)$/.test(text) ? check(Number(text)) : undefined),
    check,
  };
}

export function oneOf<const Word extends string>(...words: readonly Word[]): Reader<Word> {
  const check = (value: unknown) => words.find((word) => word === value);
  return { accepts: words.join(', '), parse: (text) => check(text.toLowerCase()), check };
}

/** Of a file; the empty text is none. */
export function path(): Reader<string> {
  const check = (value: unknown) => (typeof value === 'string' && !value.includes('\0') ? value : undefined);
  return { accepts: 'the path of a file', parse: check, check };
}

/** A list of texts, each of which must be right by itself; in a variable, with commas between. */
export function listOf(accepts: string, isRight: (text: string) => boolean): Reader<readonly string[]> {
  const check = (value: unknown) => {
    if (!Array.isArray(value)) return undefined;
    return value.every((text) => typeof text === 'string' && isRight(text)) ? (value as readonly string[]) : undefined;
  };
  return { accepts, parse: (text) => check(words(text)), check };
}

/** The words of a comma list. */
export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
