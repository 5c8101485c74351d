import { type Endpoint, formatEndpoint } from '../../tcp/endpoint.ts';
import { columnsOf } from '../columns.ts';
import type { Ladder } from './ladder.ts';
import type { Rung, Side, StateMark } from './rung.ts';
import { duration, longGap } from './times.ts';
import { type Awaited, twoMsl, type Wait } from './waits.ts';
import type { LadderWords } from './words.ts';

/** What stands on a rung. */
export function rungLabel(rung: Rung, words: LadderWords): string {
  if (rung.kind === 'event') return words.event(rung.event, rung.error);
  const name = words.segments[rung.segment];
  if (rung.again > 0) return words.again(name, rung.again);
  if (rung.bytes !== undefined) return words.measured(name, `${rung.bytes} B`);
  if (rung.took !== undefined) return words.measured(name, duration(rung.took, words.units));
  return rung.crossing ? words.crossing(name) : name;
}

/** The sentences beneath an open rung: what has not come, and for how long. */
export function waitLabels({ for: what, age, bytes }: Wait, words: LadderWords): string[] {
  const time = duration(age, words.units);
  if (what === 'time_wait') return [words.twoMsl(time, duration(twoMsl, words.units))];
  return [words.waiting(what, bytes), words.counting(time)];
}

/** Since the first rung after a long gap, and since the rung above (`+20 ms`) otherwise. */
export function timeLabel(
  at: number | undefined,
  before: number | undefined,
  from: number,
  words: LadderWords,
): string {
  if (at === undefined) return '';
  const gap = before === undefined ? undefined : (at - before) / 1e6;
  if (gap === undefined || gap >= longGap) return duration((at - from) / 1e6, words.units);
  return `+${duration(gap, words.units)}`;
}

/** The segment that has not come; undefined where it is no segment. */
export function awaitedSegment(what: Awaited, { segments }: LadderWords): string | undefined {
  switch (what) {
    case 'syn_ack':
      return segments.syn_ack;
    case 'ack_of_syn':
    case 'ack_of_data':
    case 'ack_of_fin':
    case 'window':
      return segments.ack;
    case 'our_fin':
    case 'other_holder':
    case 'peer_fin':
      return segments.fin;
    case 'accept':
    case 'read':
    case 'time_wait':
      return undefined;
  }
}

/** `CLOSE_WAIT`; in brackets where nobody saw it. */
export function stateLabel(mark: StateMark | undefined): string {
  if (mark === undefined) return '';
  if (mark.state === 'unknown') return '?';
  const name = mark.state.toUpperCase();
  return mark.inferred ? `(${name})` : name;
}

/** Two lines above a lifeline, neither wider than this: who it is, and where. */
export function endLabels(side: Side, ladder: Ladder, words: LadderWords, columns: number): [string, string] {
  const role = roleOf(side, ladder);
  const name = words[side] + (role === undefined ? '' : ` · ${words.roles[role]}`);
  const end = side === 'us' ? ladder.local : ladder.peer;
  return [name, end ? addressWithin(end, columns) : words.unknownAddress];
}

function roleOf(side: Side, { role, bothOpened }: Ladder): 'client' | 'server' | undefined {
  if (role === 'unknown') return undefined;
  if (bothOpened) return 'client';
  return (role === 'client') === (side === 'us') ? 'client' : 'server';
}

/** An address and port, of which the middle gives way: an IPv6 address is told by its two ends. */
export function addressWithin(end: Endpoint, columns: number): string {
  const whole = formatEndpoint(end);
  if (columnsOf(whole) <= columns) return whole;
  const port = end.address.includes(':') ? `]:${end.port}` : `:${end.port}`;
  const room = columns - port.length - 1;
  const text = whole.slice(0, whole.length - port.length);
  const tail = Math.floor(room / 3);
  return `${text.slice(0, room - tail)}…${text.slice(text.length - tail)}${port}`;
}
