import type { Pseudonyms } from './pseudonyms.ts';

/** What is known to whoever writes a line, besides the value. */
export interface Writing {
  readonly pseudonyms?: Pseudonyms | undefined;
  /** Of the telemetry context that an observation carries: the context itself is left out. */
  readonly traceId?: string | undefined;
}

/** How one sort of value stands in a line: as JSON, and back from any JSON at all. */
export interface Shape<Value> {
  /** JSON text; undefined where nothing is to be written. */
  readonly write: (value: Value, how: Writing) => string | undefined;
  /** From parsed JSON; undefined is what was not there. Throws `Unreadable`. */
  readonly read: (json: unknown) => Value;
}

/** Of a field that may be absent: there it is never present as undefined. */
export interface OptionalShape<Value> extends Shape<Value | undefined> {
  readonly optional: true;
}

/** What stands in a line is not what belongs there. `where` names the field, from the outside in. */
export class Unreadable extends Error {
  where: readonly string[] = [];
}

const short = 40;

export function unreadable(wanted: string, json: unknown): never {
  throw new Unreadable(`${wanted} is wanted, there is ${inShort(json)}`);
}

function inShort(json: unknown): string {
  if (json === undefined) return 'nothing';
  if (typeof json === 'object' && json !== null) return Array.isArray(json) ? 'a list' : 'an object';
  return (typeof json === 'string' ? JSON.stringify(json.slice(0, short)) : String(json)).slice(0, short);
}

/** A finite one: what is not is left out when it is written, and refused when it is read. */
export const number: Shape<number> = {
  write: (value) => (Number.isFinite(value) ? String(value) : undefined),
  read: (json) => (Number.isFinite(json) ? (json as number) : unreadable('a number', json)),
};

/** A number of something that may have no end: `server.maxConnections = Infinity`. */
export const limit: Shape<number> = {
  write: (value) => (value === Number.POSITIVE_INFINITY ? '"Infinity"' : number.write(value, {})),
  read: (json) => (json === 'Infinity' ? Number.POSITIVE_INFINITY : number.read(json)),
};

/** A whole number in these bounds. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  const isRight = (json: unknown) =>
    Number.isSafeInteger(json) && (json as number) >= least && (json as number) <= most;
  return {
    write: String,
    read: (json) => (isRight(json) ? (json as number) : unreadable(`a whole number from ${least} to ${most}`, json)),
  };
}

/** A number or a text that carries a brand: checked as what it is made of. */
export function branded<Value extends Plain, Plain>(plain: Shape<Plain>): Shape<Value> {
  return { write: plain.write, read: (json) => plain.read(json) as Value };
}

export const boolean: Shape<boolean> = {
  write: (value) => (value ? 'true' : 'false'),
  read: (json) => (typeof json === 'boolean' ? json : unreadable('true or false', json)),
};

export const text: Shape<string> = {
  write: (value) => JSON.stringify(value),
  read: (json) => (typeof json === 'string' ? json : unreadable('a text', json)),
};

/** A text of this form; `wanted` says it in words. */
export function matching(form: RegExp, wanted: string): Shape<string> {
  return {
    write: text.write,
    read: (json) => (form.test(text.read(json)) ? (json as string) : unreadable(wanted, json)),
  };
}

export function oneOf<const Word extends string>(words: readonly Word[]): Shape<Word> {
  const known = new Map<unknown, Word>(words.map((word) => [word, word]));
  return { write: text.write, read: (json) => known.get(json) ?? unreadable(`one of ${words.join(', ')}`, json) };
}

/** A field that is always there and may hold undefined. */
export function orUndefined<Value>({ write, read }: Shape<Value>): Shape<Value | undefined> {
  return {
    write: (value, how) => (value === undefined ? undefined : write(value, how)),
    read: (json) => (json === undefined ? undefined : read(json)),
  };
}

/** A field that may not be there. */
export function optional<Value>(shape: Shape<Value>): OptionalShape<Value> {
  return { ...orUndefined(shape), optional: true };
}

export function orNull<Value>({ write, read }: Shape<Value>): Shape<Value | null> {
  return {
    write: (value, how) => (value === null ? 'null' : write(value, how)),
    read: (json) => (json === null ? null : read(json)),
  };
}

export function list<Value>({ write, read }: Shape<Value>): Shape<readonly Value[]> {
  return {
    write: (values, how) => `[${values.map((value) => write(value, how) ?? 'null').join()}]`,
    read: (json) => (Array.isArray(json) ? json.map((one) => read(one)) : unreadable('a list', json)),
  };
}

/** A list of pairs of key and value. */
export function map<Key, Value>(key: Shape<Key>, value: Shape<Value>): Shape<ReadonlyMap<Key, Value>> {
  return {
    write: (values, how) =>
      `[${Array.from(values, ([k, v]) => `[${key.write(k, how)},${value.write(v, how)}]`).join()}]`,
    read: (json) => {
      if (!Array.isArray(json)) return unreadable('a list of pairs', json);
      return new Map(json.map((pair) => (Array.isArray(pair) ? pair : unreadable('a pair', pair))).map(readPair));
    },
  };

  function readPair(pair: readonly unknown[]): [Key, Value] {
    return [key.read(pair[0]), value.read(pair[1])];
  }
}
