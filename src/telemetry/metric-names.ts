import { attribute } from './semconv.ts';

/** Attributes that are on metrics only. */
export const metricAttribute = {
  networkIoDirection: 'network.io.direction',
  leakType: 'synfin.leak.type',
  leakCause: 'synfin.leak.cause',
  findingKind: 'synfin.finding.kind',
  findingCause: 'synfin.finding.cause',
  findingSeverity: 'synfin.finding.severity',
  sourceName: 'synfin.source.name',
} as const;

/** What is measured of something, and in which unit (UCUM; what is counted stands in braces). */
export interface Metric {
  readonly instrument: 'counter' | 'up_down_counter' | 'gauge' | 'histogram';
  /** Read when somebody collects, and not told as it happens. */
  readonly observable: boolean;
  readonly unit: string;
  readonly attributes: readonly string[];
}

type Instrument = Metric['instrument'];

const told = <const Kind extends Instrument>(instrument: Kind, unit: string, ...attributes: string[]) => {
  return { instrument, observable: false, unit, attributes } as const;
};
const read = <const Kind extends Instrument>(instrument: Kind, unit: string, ...attributes: string[]) => {
  return { instrument, observable: true, unit, attributes } as const;
};

const { role, errorType, closeInitiator, closeType, networkConnectionState, serverPort } = attribute;
const { networkLocalAddress, networkPeerAddress, networkPeerPort } = attribute;
const { leakType, leakCause, findingKind, findingCause, findingSeverity, sourceName } = metricAttribute;
const destination = [networkLocalAddress, networkPeerAddress, networkPeerPort];

/** Every metric, by name. */
export const metric = {
  'synfin.tcp.connection.count': read('up_down_counter', '{connection}', networkConnectionState, role),
  'synfin.tcp.handshake.duration': told('histogram', 's', role, errorType),
  'synfin.tcp.teardown.duration': told('histogram', 's', role, closeInitiator, closeType),
  'synfin.tcp.close_wait.duration': told('histogram', 's', role),
  'synfin.tcp.connection.leak.count': read('up_down_counter', '{connection}', leakType, leakCause),
  'synfin.tcp.connection.leaks': told('counter', '{connection}', leakType, leakCause),
  'synfin.tcp.connection.leak.destroyed': told('counter', '{connection}', leakType, leakCause),
  'synfin.tcp.time_wait.count': read('up_down_counter', '{connection}', ...destination, serverPort),
  'synfin.tcp.ephemeral_port.usage': read('up_down_counter', '{port}', ...destination),
  'synfin.tcp.ephemeral_port.limit': read('up_down_counter', '{port}', ...destination),
  'synfin.tcp.ephemeral_port.utilization': read('gauge', '1', ...destination),
  'synfin.tcp.accept_queue.usage': read('up_down_counter', '{connection}', serverPort),
  'synfin.tcp.accept_queue.limit': read('up_down_counter', '{connection}', serverPort),
  'synfin.tcp.accept_queue.overflows': read('counter', '{connection}', serverPort),
  'synfin.tcp.syn_queue.drops': read('counter', '{connection}', serverPort),
  'synfin.finding.count': read('up_down_counter', '{finding}', findingKind, findingCause, findingSeverity),
  'synfin.process.file_descriptor.usage': read('up_down_counter', '{file_descriptor}'),
  'synfin.process.file_descriptor.limit': read('up_down_counter', '{file_descriptor}'),
  'synfin.tcp.retransmits': told('counter', '{segment}'),
  'synfin.tcp.resets': told('counter', '{segment}', metricAttribute.networkIoDirection),
  'synfin.source.observations': read('counter', '{observation}', sourceName),
  'synfin.source.lost': read('counter', '{observation}', sourceName),
  'synfin.source.sweep.duration': told('histogram', 's', sourceName),
  'synfin.source.cpu.time': read('counter', 's', sourceName),
  'synfin.spans.dropped': read('counter', '{span}'),
} as const satisfies Record<string, Metric>;
