import type { Language } from './explain/language.ts';
import { parseIgnored } from './ignored.ts';
import { boolean, integer, listOf, oneOf, path, type Reader, share, words } from './option-values.ts';
import { spelled, unknownOption, wrongOption } from './wrong-option.ts';

/** What `start()` and `SynfinInstrumentation` take. Everything has a default; each can be set by its variable too. */
export interface SynfinOptions {
  enabled?: boolean;
  sources?: 'auto' | readonly KernelSourceName[];
  intervalMs?: number;
  closeWaitMs?: number;
  unreadMs?: number;
  finWait2Ms?: number;
  handshakeMs?: number;
  stuckWriteMs?: number;
  timeWaitShare?: number;
  callSites?: CallSiteMode;
  spans?: SpanMode;
  maxSpansPerSecond?: number;
  findings?: FindingsMode;
  language?: Language;
  onLeak?: OnLeak;
  cpuBudget?: number;
  maxConnections?: number;
  ignore?: readonly string[];
  startSdk?: boolean;
  record?: string;
  recordPseudonyms?: boolean;
}

/** Every option with its value. */
export type Options = Readonly<Required<SynfinOptions>>;

export type KernelSourceName = 'ebpf' | 'daemon' | 'sock_diag' | 'procfs' | 'netstat';
export type CallSiteMode = 'off' | 'sample' | 'all';
export type SpanMode = 'all' | 'notable' | 'off';
export type OnLeak = 'report' | 'destroy';
export type FindingsMode = 'text' | 'json' | 'off';

interface OptionRow<Value> extends Reader<Value> {
  readonly variable: string;
  readonly default: Value;
  readonly doc: string;
}

type OptionTable = { readonly [Name in keyof Options]: OptionRow<Options[Name]> };

const sourceNames = ['ebpf', 'daemon', 'sock_diag', 'procfs', 'netstat'] as const;

/** All options: the README's table is held to this one by a test. */
export const optionTable: OptionTable = {
  enabled: {
    variable: 'SYNFIN_ENABLED',
    default: true,
    doc: 'false: synfin does nothing at all',
    ...boolean(),
  },
  sources: {
    variable: 'SYNFIN_SOURCES',
    default: 'auto',
    doc: 'order of preference of the sources of kernel state; `auto`: `sock_diag`, `procfs`, `netstat`',
    accepts: `auto, or a comma list of ${sourceNames.join(', ')}`,
    parse: (text) => checkSources(text.toLowerCase() === 'auto' ? 'auto' : words(text.toLowerCase())),
    check: checkSources,
  },
  intervalMs: {
    variable: 'SYNFIN_INTERVAL_MS',
    default: 5000,
    doc: 'how often kernel state is looked at',
    ...integer(10, 3_600_000, 'milliseconds'),
  },
  closeWaitMs: {
    variable: 'SYNFIN_CLOSE_WAIT_MS',
    default: 30_000,
    doc: 'CLOSE_WAIT older than this, with no progress, is a leak',
    ...integer(0, 86_400_000, 'milliseconds'),
  },
  unreadMs: {
    variable: 'SYNFIN_UNREAD_MS',
    default: 60_000,
    doc: 'bytes that nobody has read for this long',
    ...integer(0, 86_400_000, 'milliseconds'),
  },
  finWait2Ms: {
    variable: 'SYNFIN_FIN_WAIT_2_MS',
    default: 30_000,
    doc: 'FIN_WAIT_2 older than this: the peer does not close (below the 60 s after which the kernel ends orphans)',
    ...integer(0, 86_400_000, 'milliseconds'),
  },
  handshakeMs: {
    variable: 'SYNFIN_HANDSHAKE_MS',
    default: 10_000,
    doc: 'SYN_SENT older than this: nobody answers',
    ...integer(0, 86_400_000, 'milliseconds'),
  },
  stuckWriteMs: {
    variable: 'SYNFIN_STUCK_WRITE_MS',
    default: 60_000,
    doc: 'bytes that the peer has not taken or acknowledged for this long',
    ...integer(0, 86_400_000, 'milliseconds'),
  },
  timeWaitShare: {
    variable: 'SYNFIN_TIME_WAIT_SHARE',
    default: 0.5,
    doc: 'share of the ephemeral ports towards one destination that may be in TIME_WAIT, or in use',
    ...share(0.0001),
  },
  callSites: {
    variable: 'SYNFIN_CALL_SITES',
    default: 'sample',
    doc: '`off`, `sample` (10 a second, bursts of 100) or `all`',
    ...oneOf('off', 'sample', 'all'),
  },
  spans: {
    variable: 'SYNFIN_SPANS',
    default: 'all',
    doc: '`all`, `notable` (connections that failed, were slow, retransmitted, were reset or leaked) or `off`',
    ...oneOf('all', 'notable', 'off'),
  },
  maxSpansPerSecond: {
    variable: 'SYNFIN_MAX_SPANS_PER_SECOND',
    default: 500,
    doc: 'what is over it is dropped and counted, notable ones last',
    ...integer(1, 1_000_000, 'spans'),
  },
  findings: {
    variable: 'SYNFIN_FINDINGS',
    default: 'text',
    doc: 'findings on stderr: `text`, `json` (one line each) or `off`',
    ...oneOf('text', 'json', 'off'),
  },
  language: {
    variable: 'SYNFIN_LANG',
    default: 'en',
    doc: 'what findings are told in: `en` or `zh`',
    ...oneOf('en', 'zh'),
  },
  onLeak: {
    variable: 'SYNFIN_ON_LEAK',
    default: 'report',
    doc: '`report`, or `destroy`: destroys a leaked socket after it was reported, at most 60 a minute (docs/remedy.md)',
    ...oneOf('report', 'destroy'),
  },
  cpuBudget: {
    variable: 'SYNFIN_CPU_BUDGET',
    default: 0.01,
    doc: 'share of one core that looking at the kernel may take; looks grow rarer rather than dearer',
    ...share(0.0001),
  },
  maxConnections: {
    variable: 'SYNFIN_MAX_CONNECTIONS',
    default: 100_000,
    doc: 'connections held at once; what is dropped is counted',
    ...integer(1, 10_000_000, 'connections'),
  },
  ignore: {
    variable: 'SYNFIN_IGNORE',
    default: [],
    doc: 'comma list of `host:port`, `:port` or CIDR: connections that make no span and no finding',
    ...listOf('a list of host:port, :port or CIDR', (text) => parseIgnored(text) !== undefined),
  },
  startSdk: {
    variable: 'SYNFIN_START_SDK',
    default: false,
    doc: 'true: starts the `@opentelemetry/sdk-node` that the application has, with the usual `OTEL_*` variables',
    ...boolean(),
  },
  record: {
    variable: 'SYNFIN_RECORD',
    default: '',
    doc: 'file that observations are recorded to (NDJSON, rotated at 64 MB, two kept): see [recordings](docs/recordings.md)',
    ...path(),
  },
  recordPseudonyms: {
    variable: 'SYNFIN_RECORD_PSEUDONYMS',
    default: false,
    doc: 'true: addresses, host names and request paths in recordings are replaced by stable pseudonyms',
    ...boolean(),
  },
};

const names = Object.keys(optionTable) as (keyof Options)[];

/**
 * Options from code, then from the environment, then the defaults. Throws `SynfinError` for a wrong option in code; a
 * wrong variable is told once, by name, text and what is accepted, and the default holds.
 */
export function readOptions(
  given: SynfinOptions,
  environment: Readonly<Record<string, string | undefined>>,
  tell: (message: string) => void,
): Options {
  if (typeof given !== 'object' || given === null) throw wrongOption('object', given, 'an object of options');
  for (const name of Object.keys(given)) if (!names.includes(name as keyof Options)) throw unknownOption(name, names);
  const read = names.map((name) => [name, readOne(name, given, environment, tell)]);
  return Object.freeze(Object.fromEntries(read)) as Options;
}

function readOne(
  name: keyof Options,
  given: SynfinOptions,
  environment: Readonly<Record<string, string | undefined>>,
  tell: (message: string) => void,
): unknown {
  const row = optionTable[name];
  const value: unknown = given[name];
  if (value !== undefined) {
    const checked = row.check(value);
    if (checked === undefined) throw wrongOption(name, value, row.accepts);
    return checked;
  }
  const text = environment[row.variable];
  if (text === undefined || text === '') return row.default;
  const parsed = row.parse(text.trim());
  if (parsed !== undefined) return parsed;
  tell(
    `${row.variable}=${JSON.stringify(text)} is not understood: it takes ${row.accepts}. Using ${spelled(row.default)}.`,
  );
  return row.default;
}

function checkSources(value: unknown): Options['sources'] | undefined {
  if (value === 'auto') return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const known = value.filter((name): name is KernelSourceName => sourceNames.includes(name));
  return known.length === value.length && new Set(known).size === known.length ? known : undefined;
}
