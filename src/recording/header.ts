import type { Instant } from '../tcp/identity.ts';
import { addressBytes } from './address-bytes.ts';
import { fields, object } from './fields.ts';
import { address, destination } from './names.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import {
  boolean,
  branded,
  integer,
  list,
  matching,
  number,
  oneOf,
  optional,
  type Shape,
  text,
  unreadable,
} from './shape.ts';
import { instant } from './socket-fields.ts';

/** The first line of each file of a recording: what was running, how time is to be read, and what verdicts went by. */
export interface RecordingHeader {
  readonly kind: 'recording';
  /** Of the format. */
  readonly version: 1;
  /** The version of synfin that wrote it. */
  readonly synfin: string;
  /** 1 for the first file of a run. */
  readonly part: number;
  /** The same in all parts of one run, and in no other. */
  readonly run: string;
  readonly pid: number;
  /** `worker_threads.threadId`: 0 is the main thread. */
  readonly thread: number;
  /** `process.version` */
  readonly node: string;
  /** `process.platform` */
  readonly platform: string;
  /** Wall time at which this part began, ISO 8601 in UTC. */
  readonly startedAt: string;
  /** CLOCK_MONOTONIC at that moment: every other time of the part is told on that clock. */
  readonly at: Instant;
  /** Addresses are not the real ones. */
  readonly pseudonyms: boolean;
  /** The options that verdicts depend on. */
  readonly options: RecordedOptions;
  /** Which of all processes that ever had this pid; absent where the system does not tell. */
  readonly writer?: Writer | undefined;
}

/** By these another process can tell whether the writer of a file is still there. */
export interface Writer {
  /** /proc/sys/kernel/random/boot_id */
  readonly boot: string;
  /** Of the namespace of its pid, as /proc/self/ns/pid links to it. */
  readonly pidNamespace: string;
  /** Field 22 of /proc/self/stat: when the process started, in clock ticks since the boot. */
  readonly startTicks: number;
}

export type RecordedOptions = Readonly<Record<string, number | string | boolean | readonly string[]>>;

const option = (json: unknown): RecordedOptions[string] => {
  if (typeof json === 'string' || typeof json === 'boolean') return json;
  return Array.isArray(json) ? texts.read(json) : number.read(json);
};

const texts = list(text);

const options: Shape<RecordedOptions> = {
  write: ({ ignore, ...rest }, { pseudonyms }) => {
    if (pseudonyms === undefined || !Array.isArray(ignore)) return JSON.stringify({ ...rest, ignore });
    return JSON.stringify({ ...rest, ignore: ignore.flatMap((entry: string) => hiddenEntry(entry, pseudonyms)) });
  },
  read: (json) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return unreadable('an object', json);
    // Made at once from pairs: a field called __proto__ is one like any other.
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, option(value)]));
  },
};

/** Of option `ignore`. A network is left out: the pseudonyms of its addresses are in no network together. */
function hiddenEntry(entry: string, pseudonyms: Pseudonyms): readonly string[] {
  if (entry.includes('/')) return [];
  const shape = addressBytes(entry) === undefined ? destination : address;
  return [text.read(JSON.parse(shape.write(entry, { pseudonyms }) ?? 'null'))];
}

export const header: Shape<RecordingHeader> = object(
  fields<RecordingHeader>({
    kind: oneOf(['recording']),
    version: branded(integer(1, 1)),
    synfin: text,
    part: integer(1),
    run: text,
    pid: integer(0),
    thread: integer(0),
    node: text,
    platform: text,
    startedAt: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/, 'a time in UTC'),
    at: instant,
    pseudonyms: boolean,
    options,
    writer: optional(object(fields<Writer>({ boot: text, pidNamespace: text, startTicks: integer(0) }))),
  }),
);
