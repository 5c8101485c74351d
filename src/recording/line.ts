import type { Observation } from '../connection/observation.ts';
import { header, type RecordingHeader } from './header.ts';
import { observation } from './observation-fields.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { Unreadable, type Writing } from './shape.ts';

/** A line that holds neither a header nor an observation. */
export interface BadLine {
  readonly kind: 'bad_line';
  /** In words: which field, what is wanted there, and what there is. */
  readonly why: string;
  /** How the line begins: 200 characters at most. */
  readonly text: string;
}

/** Of the format that is written, and the only one that is read. Fields may be added to it; what they hold may not change. */
const version = 1;

const quoted = 200;

/** One line without its end. With pseudonyms, those of option `ignore` too; what it says of networks is left out then. */
export function encodeHeader(about: RecordingHeader, pseudonyms?: Pseudonyms): string {
  return header.write(about, { pseudonyms }) ?? '';
}

/**
 * One line without its end. A telemetry context is left out, `traceId` stands in its place. A number that is not finite
 * makes a line that is not read again; nothing throws but a call site that does.
 */
export function encodeObservation(said: Observation, how: Writing = {}): string {
  return observation.write(said, how) ?? '';
}

/**
 * Any text at all. What comes back as an observation or a header is one in every field; fields that this version does
 * not know are passed over. In the place of a telemetry context stands `{ traceId }` or undefined.
 */
export function decodeLine(line: string): RecordingHeader | Observation | BadLine {
  try {
    const json: unknown = JSON.parse(line);
    return isHeader(json) ? header.read(known(json)) : observation.read(json);
  } catch (error) {
    return { kind: 'bad_line', why: whyBad(error), text: line.slice(0, quoted) };
  }
}

function isHeader(json: unknown): json is object {
  return (
    typeof json === 'object' &&
    json !== null &&
    Object.hasOwn(json, 'kind') &&
    Reflect.get(json, 'kind') === 'recording'
  );
}

/** What another version means by its fields is not known here. */
function known(json: object): object {
  const written: unknown = Object.hasOwn(json, 'version') ? Reflect.get(json, 'version') : undefined;
  if (written === version) return json;
  throw new Unreadable(`version ${JSON.stringify(written)} of the format is not known: this is version ${version}`);
}

function whyBad(error: unknown): string {
  if (error instanceof Unreadable) return [...error.where, error.message].join(': ');
  return 'no JSON';
}
