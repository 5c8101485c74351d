import { inAnHour, increase, latest, max, orLatelyZero, rate, share, sum } from './promql.ts';
import { type Aspect, countOf, labelOf, series } from './series.ts';

/*
 * What is asked of the metrics in more than one place: age, growth, and the share of a limit.
 */

type By = readonly ('job' | 'instance')[];

/** Towards whom ports are taken, and from which address of this host. */
export const destination = [
  'network.local.address',
  'network.peer.address',
  'network.peer.port',
] as const satisfies readonly Aspect[];

const openFiles = series('synfin.process.file_descriptor.usage');
const mostFiles = `(${latest(series('synfin.process.file_descriptor.limit'))} > 0)`;

/** Open files, of how many there may be. */
export function descriptors(by: By): string {
  return max(by, `${latest(openFiles)} / ${mostFiles}`);
}

export function descriptorsInAnHour(by: By): string {
  return max(by, `clamp(${inAnHour(openFiles)} / ${mostFiles}, 0, 1)`);
}

/**
 * Taken local ports towards a destination, of how many there are. One that is not told of any more has no limit, and is
 * left out. What is in TIME_WAIT and can be taken over (tcp_tw_reuse) is not taken.
 */
export function ports(by: readonly Aspect[]): string {
  return max(by, `${latest(utilization)} and ${latest(series('synfin.tcp.ephemeral_port.limit'))} > 0`);
}

const utilization = series('synfin.tcp.ephemeral_port.utilization');

/** Less than one in a hundred is left out: every destination that anybody on the host talks to would be there. */
export const worthTelling = '> 0.01';

export function portsInAnHour(by: readonly Aspect[]): string {
  return max(by, `clamp(${inAnHour(utilization)}, 0, 1)`);
}

/** Connections in TIME_WAIT towards a destination, of the ports that there are. Of the rest together it says nothing. */
export function timeWait(by: readonly Aspect[]): string {
  const alone = { 'network.peer.address': { unlike: '|_OTHER' } } as const;
  const ofEach = ['job', ...destination] as const;
  const taken = max(ofEach, latest(series('synfin.tcp.time_wait.count', alone)));
  const there = max(ofEach, latest(series('synfin.tcp.ephemeral_port.limit', alone)));
  return max(by, `${taken} / (${there} > 0)`);
}

/** Connections that wait to be accepted, of how many may. */
export function acceptQueue(by: readonly Aspect[]): string {
  const [usage, limit] = [series('synfin.tcp.accept_queue.usage'), series('synfin.tcp.accept_queue.limit')];
  return max(by, `${latest(usage)} / (${latest(limit)} > 0)`);
}

/** Handshakes that failed, of all. */
export function failures(by: By): string {
  const failed = sum(by, rate(countOf('synfin.tcp.handshake.duration', { 'error.type': { not: '' } })));
  return share(by, failed, sum(by, rate(countOf('synfin.tcp.handshake.duration'))));
}

/**
 * Connections that were turned away at a full accept queue, of all that came. Those that the kernel does not tell the port
 * of may be a neighbour's, and are left out.
 */
export function turnedAway(by: By): string {
  return ofThoseWhoCame(by, series('synfin.tcp.accept_queue.overflows', { 'server.port': { not: '' } }));
}

/** Handshakes that were dropped because the SYN queue was full, in the whole network namespace, of all that came. */
export function synDrops(by: By): string {
  return ofThoseWhoCame(by, series('synfin.tcp.syn_queue.drops'));
}

function ofThoseWhoCame(by: By, counter: string): string {
  const away = sum(by, increase(counter));
  const came = sum(by, increase(countOf('synfin.tcp.handshake.duration', { 'synfin.tcp.role': 'server' })));
  return share(by, away, `(${away} + (${came} or 0 * ${away}))`);
}

/** Connections that leak, of all that there are. */
export function leaked(by: By): string {
  const leaks = sum(by, latest(series('synfin.tcp.connection.leak.count')));
  return orLatelyZero(by, `${leaks} / (${connections(by)} > 0)`);
}

/** All that there are. */
export function connections(by: By): string {
  return sum(by, latest(series('synfin.tcp.connection.count')));
}

/** What the sources know that they missed, of all that there was to see. */
export function lost(by: By): string {
  const missed = sum(by, increase(series('synfin.source.lost')));
  return share(by, missed, `(${missed} + ${sum(by, increase(series('synfin.source.observations')))})`);
}

/** Findings that are open. */
export function findings(by: By, severity?: 'critical' | 'warning'): string {
  const where = severity === undefined ? {} : { 'synfin.finding.severity': severity };
  return orLatelyZero(by, sum(by, latest(series('synfin.finding.count', where))));
}

/**
 * How badly off a service is, from 0 to 1: the fullest of its limits, 1 with a critical finding, at least one half with a
 * warning. What is added to tell the parts apart is gone in the end.
 */
export function trouble(): string {
  const by = ['job'] as const;
  const parts = {
    critical: `clamp_max(${findings(by, 'critical')}, 1)`,
    warning: `0.5 * clamp_max(${sum(by, latest(series('synfin.finding.count', { 'synfin.finding.severity': 'warning' })))}, 1)`,
    descriptors: descriptors(by),
    ports: ports(by),
    accept_queue: acceptQueue(by),
    failures: failures(by),
  };
  const told = Object.entries(parts).map(([part, of]) => `label_replace(${of}, "of", "${part}", "", "")`);
  return `max by (${labelOf('job')}) (${told.join(' or ')})`;
}
