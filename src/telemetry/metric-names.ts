import { attribute } from './semconv.ts';

/** Attributes that are on metrics and on log records, and on no span. */
export const metricAttribute = {
  networkIoDirection: 'network.io.direction',
  leakType: 'synfin.leak.type',
  leakCause: 'synfin.leak.cause',
  findingKind: 'synfin.finding.kind',
  findingCause: 'synfin.finding.cause',
  findingSeverity: 'synfin.finding.severity',
  sourceName: 'synfin.source.name',
} as const;

/** In the place of all those that are not told apart (OpenTelemetry's name for what is not in a list). */
export const other = '_OTHER';

/** What is measured of something, and in which unit (UCUM; what is counted stands in braces). */
export interface Metric {
  readonly instrument: 'counter' | 'up_down_counter' | 'gauge' | 'histogram';
  /** Read when somebody collects, and not told as it happens. */
  readonly observable: boolean;
  readonly unit: string;
  readonly attributes: readonly string[];
  readonly description: string;
  /** Of a histogram: the upper bounds, in its unit. OpenTelemetry's own are made for milliseconds. */
  readonly buckets?: readonly number[];
}

type Instrument = Metric['instrument'];

const told = <const Kind extends Instrument, const Of extends readonly string[]>(
  instrument: Kind,
  unit: string,
  description: string,
  ...of: Of
) => {
  return { instrument, observable: false, unit, attributes: of, description } as const;
};
const read = <const Kind extends Instrument, const Of extends readonly string[]>(
  instrument: Kind,
  unit: string,
  description: string,
  ...of: Of
) => {
  return { instrument, observable: true, unit, attributes: of, description } as const;
};
const timed = <const Of extends readonly string[]>(buckets: readonly number[], description: string, ...of: Of) => {
  return { ...told('histogram', 's', description, ...of), buckets } as const;
};

const { role, errorType, closeInitiator, closeType, networkConnectionState, serverPort } = attribute;
const { networkLocalAddress, networkPeerAddress, networkPeerPort } = attribute;
const { networkIoDirection, leakType, leakCause, findingKind, findingCause, findingSeverity, sourceName } =
  metricAttribute;
const destination = [networkLocalAddress, networkPeerAddress, networkPeerPort] as const;

/** The last ones are where a SYN was sent again once, twice, three and four times (RFC 6298: after 1, 2, 4 and 8 s). */
const ofHandshake = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 7, 15];
const ofTeardown = [0.0001, 0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300];
const ofCloseWait = [0.001, 0.01, 0.1, 1, 5, 10, 30, 60, 300, 900, 3600];
const ofSweep = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** Every metric, by name. */
export const metric = {
  'synfin.tcp.connection.count': read(
    'up_down_counter',
    '{connection}',
    'connections of this process',
    ...[networkConnectionState, role],
  ),
  'synfin.tcp.handshake.duration': timed(
    ofHandshake,
    'from the SYN to ESTABLISHED or the failure',
    ...[role, errorType],
  ),
  'synfin.tcp.teardown.duration': timed(
    ofTeardown,
    'from the first FIN or RST to the end, where the end was seen',
    ...[role, closeInitiator, closeType],
  ),
  'synfin.tcp.close_wait.duration': timed(ofCloseWait, 'how long the peer waited for our goodbye', role),
  'synfin.tcp.connection.leak.count': read(
    'up_down_counter',
    '{connection}',
    'leaked connections, now',
    ...[leakType, leakCause],
  ),
  'synfin.tcp.connection.leaks': told(
    'counter',
    '{connection}',
    'leaked connections, since the start',
    ...[leakType, leakCause],
  ),
  'synfin.tcp.connection.leak.destroyed': told(
    'counter',
    '{connection}',
    "of these, what `onLeak: 'destroy'` has closed",
    ...[leakType, leakCause],
  ),
  'synfin.tcp.time_wait.count': read(
    'up_down_counter',
    '{connection}',
    'connections in TIME_WAIT: by destination; on the server side by port',
    ...[...destination, serverPort],
  ),
  'synfin.tcp.ephemeral_port.usage': read(
    'up_down_counter',
    '{port}',
    'local ports taken towards a destination',
    ...destination,
  ),
  'synfin.tcp.ephemeral_port.limit': read('up_down_counter', '{port}', 'how many there are', ...destination),
  'synfin.tcp.ephemeral_port.utilization': read('gauge', '1', 'the one by the other', ...destination),
  'synfin.tcp.accept_queue.usage': read(
    'up_down_counter',
    '{connection}',
    'connections that wait to be accepted',
    serverPort,
  ),
  'synfin.tcp.accept_queue.limit': read('up_down_counter', '{connection}', 'how many may', serverPort),
  'synfin.tcp.accept_queue.overflows': read(
    'counter',
    '{connection}',
    'dropped because the queue was full; the port where the kernel says it',
    serverPort,
  ),
  'synfin.tcp.syn_queue.drops': read(
    'counter',
    '{connection}',
    'handshakes dropped because the SYN queue was full; the port where the kernel says it',
    serverPort,
  ),
  'synfin.finding.count': read(
    'up_down_counter',
    '{finding}',
    'open findings',
    ...[findingKind, findingCause, findingSeverity],
  ),
  'synfin.process.file_descriptor.usage': read('up_down_counter', '{file_descriptor}', 'open files of the process'),
  'synfin.process.file_descriptor.limit': read('up_down_counter', '{file_descriptor}', 'how many it may have'),
  'synfin.tcp.retransmits': told('counter', '{segment}', 'segments sent again'),
  'synfin.tcp.resets': told('counter', '{segment}', 'RST sent and received', networkIoDirection),
  'synfin.source.observations': read('counter', '{observation}', 'what a source said', sourceName),
  'synfin.source.lost': read('counter', '{observation}', 'what it knows that it missed', sourceName),
  'synfin.source.sweep.duration': timed(ofSweep, 'of one look at the table of sockets', sourceName),
  'synfin.source.cpu.time': read('counter', 's', 'what looking has taken', sourceName),
  'synfin.spans.dropped': read('counter', '{span}', 'over `maxSpansPerSecond`'),
} as const satisfies Record<string, Metric>;

type Metrics = typeof metric;
type NameOf<Wanted> = { [Name in keyof Metrics]: Metrics[Name] extends Wanted ? Name : never }[keyof Metrics];

/** Counted as it happens. */
export type CounterName = NameOf<{ instrument: 'counter'; observable: false }>;
/** Timed as it happens. */
export type HistogramName = NameOf<{ instrument: 'histogram' }>;
/** Read when somebody collects. */
export type ObservableName = NameOf<{ observable: true }>;
