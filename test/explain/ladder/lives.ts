import assert from 'node:assert/strict';
import type { Observation } from '../../../src/connection/observation.ts';
import { type ConnectionView, viewOf } from '../../../src/connection/view.ts';
import { ladderText } from '../../../src/explain/ladder/text.ts';
import * as say from '../../connection/observations.ts';
import { watch } from '../../connection/watch.ts';

/** What was observed of one connection, and the second at which somebody draws it. */
export interface Life {
  readonly observations: readonly Observation[];
  /** Time passes for the tracker up to here, and the view is of this moment. */
  readonly at: number;
}

const { cookie, tuple } = say.socketId(1);
const rtt = { rttUs: 20_000 };
const open = [say.connecting(1, 10), say.connected(1, 10.021, { info: say.tcpInfo('established', rtt) })] as const;
const bytes = { ...rtt, bytesSent: 312, bytesAcked: 313, bytesReceived: 38_000 };
const opened = (n = 1) => [say.connecting(n, 10), say.edge(n, 10.02, 'syn_sent', 'established')];

/** Each kind of life once, as sources tell it. Times are seconds. */
export const lives = {
  handshake: { observations: open, at: 12 },
  'handshake of a server': {
    observations: [say.accepted(1, 10.05, { info: say.tcpInfo('established', { ...rtt, lastDataSentMs: 10 }) })],
    at: 12,
  },
  'active close': {
    observations: [
      ...opened(),
      say.look(1, 15, 'established', { info: say.tcpInfo('established', bytes) }),
      say.edge(1, 20, 'established', 'fin_wait_1'),
      say.edge(1, 20.02, 'fin_wait_1', 'fin_wait_2'),
      say.edge(1, 21, 'fin_wait_2', 'closed', { finReceived: true }),
    ],
    at: 33,
  },
  'passive close': {
    observations: [
      ...opened(),
      say.look(1, 15, 'established', { info: say.tcpInfo('established', bytes) }),
      say.edge(1, 20, 'established', 'close_wait'),
      say.edge(1, 20.5, 'close_wait', 'last_ack'),
      say.edge(1, 20.52, 'last_ack', 'closed'),
    ],
    at: 21,
  },
  'simultaneous close': {
    observations: [
      ...opened(),
      say.edge(1, 20, 'established', 'fin_wait_1'),
      say.edge(1, 20.01, 'fin_wait_1', 'closing', { finReceived: true }),
      say.edge(1, 20.02, 'closing', 'closed', { finReceived: true }),
    ],
    at: 33,
  },
  'simultaneous open': {
    observations: [
      say.connecting(1, 10),
      say.edge(1, 10.01, 'syn_sent', 'syn_received'),
      say.edge(1, 10.02, 'syn_received', 'established'),
    ],
    at: 12,
  },
  'half-close': {
    observations: [
      ...open,
      say.ending(1, 11, say.tcpInfo('established', { ...rtt, bytesSent: 312, bytesAcked: 313 })),
      say.look(1, 15, 'fin_wait_2', { info: say.tcpInfo('fin_wait_2', { ...bytes, lastAckReceivedMs: 3980 }) }),
    ],
    at: 15,
  },
  'RST sent': {
    observations: [
      ...open,
      say.closed(1, 20, { how: 'reset', info: say.tcpInfo('established', bytes), bytesRead: 38_000 }),
    ],
    at: 21,
  },
  'RST received': {
    observations: [...opened(), say.edge(1, 20, 'established', 'closed', { error: 'ECONNRESET' })],
    at: 21,
  },
  refused: { observations: [say.connecting(1, 10), say.connectFailed(1, 10.001, 'ECONNREFUSED')], at: 11 },
  'SYN retransmitted': {
    observations: [
      say.connecting(1, 10),
      say.connected(1, 13.05, { info: say.tcpInfo('established', { ...rtt, totalRetransmits: 2 }) }),
    ],
    at: 14,
  },
  'handshake stall': {
    observations: [
      say.connecting(1, 10),
      say.look(1, 25, 'syn_sent', {
        sendQueue: 1,
        timer: 'retransmit',
        info: say.tcpInfo('syn_sent', { totalRetransmits: 3, retransmitsInARow: 3 }),
      }),
    ],
    at: 25,
  },
  'timed out': {
    observations: [
      say.connecting(1, 10),
      say.look(1, 100, 'syn_sent', {
        sendQueue: 1,
        timer: 'retransmit',
        info: say.tcpInfo('syn_sent', { totalRetransmits: 6, retransmitsInARow: 6 }),
      }),
      say.connectFailed(1, 144, 'ETIMEDOUT'),
    ],
    at: 145,
  },
  'given up': { observations: [say.connecting(1, 10), say.closed(1, 15, { error: 'ABORT_ERR' })], at: 16 },
  'leak in CLOSE_WAIT': {
    observations: [
      ...open,
      say.look(1, 15, 'close_wait', {
        receiveQueue: 38_001,
        info: say.tcpInfo('close_wait', { ...bytes, bytesReceived: 38_001, lastAckReceivedMs: 800 }),
      }),
    ],
    at: 48.2,
  },
  'leak on a server': {
    observations: [
      say.accepted(1, 10.05, { info: say.tcpInfo('established', { ...rtt, lastDataSentMs: 10 }) }),
      say.look(1, 15, 'close_wait', {
        receiveQueue: 1,
        info: say.tcpInfo('close_wait', { ...bytes, bytesSent: 900, bytesReceived: 121, lastAckReceivedMs: 800 }),
      }),
    ],
    at: 48.2,
  },
  'stall in FIN_WAIT_2': {
    observations: [
      ...open,
      say.ending(1, 20, say.tcpInfo('established', rtt)),
      say.look(1, 54, 'fin_wait_2', { info: say.tcpInfo('fin_wait_2', { ...rtt, lastAckReceivedMs: 33_980 }) }),
    ],
    at: 54,
  },
  'orphan in FIN_WAIT_2': {
    observations: [
      ...open,
      say.closed(1, 20, { info: say.tcpInfo('established', rtt) }),
      say.row(say.socketId(1), 25, 'fin_wait_2'),
    ],
    at: 30,
  },
  adopted: {
    observations: [
      say.adopted(1, 100),
      say.look(1, 105, 'close_wait', { receiveQueue: 1, info: say.tcpInfo('close_wait', { lastAckReceivedMs: 3000 }) }),
    ],
    at: 140,
  },
  'not accepted': {
    observations: [
      say.adopted(1, 100, { inJavaScript: false, unaccepted: true }),
      say.row(say.socketId(1), 100, 'established', { receiveQueue: 80 }),
    ],
    at: 130,
  },
  'TIME_WAIT seen': {
    observations: [
      ...open,
      say.closed(1, 20, { info: say.tcpInfo('established', rtt) }),
      say.row({ cookie, tuple }, 21.5, 'time_wait', { timer: 'time_wait', expiresMs: 58_500 }),
    ],
    at: 33,
  },
  'descriptor closed': {
    observations: [...open, say.closed(1, 20, { info: say.tcpInfo('established', bytes), bytesRead: 38_000 })],
    at: 21,
  },
  'both FINs, seen at the close': {
    observations: [
      ...open,
      say.ending(1, 20, say.tcpInfo('established', { ...rtt, bytesReceived: 40 })),
      say.closed(1, 20.05, { info: say.tcpInfo('closed', { ...rtt, bytesReceived: 41 }), bytesRead: 40 }),
    ],
    at: 21,
  },
  'unread data': {
    observations: [
      ...open,
      say.look(1, 15, 'established', {
        receiveQueue: 65_536,
        info: say.tcpInfo('established', { ...bytes, bytesReceived: 70_000 }),
      }),
    ],
    at: 80,
  },
  'peer gone': {
    observations: [
      ...open,
      say.look(1, 75, 'established', {
        sendQueue: 200,
        timer: 'retransmit',
        info: say.tcpInfo('established', {
          ...rtt,
          bytesSent: 1400,
          bytesRetransmitted: 1000,
          bytesAcked: 201,
          retransmitsInARow: 5,
          totalRetransmits: 5,
          bytesReceived: 90,
        }),
      }),
    ],
    at: 80,
  },
  'window shut': {
    observations: [
      ...open,
      say.look(1, 75, 'established', {
        sendQueue: 90_000,
        timer: 'probe',
        info: say.tcpInfo('established', {
          ...rtt,
          bytesSent: 200_000,
          bytesAcked: 200_001,
          notSentBytes: 90_000,
          probes: 4,
          backoff: 4,
          sendWindow: 0,
        }),
      }),
    ],
    at: 80,
  },
  SYN_RECEIVED: { observations: [say.edge(1, 10, 'listen', 'syn_received')], at: 13 },
  'FIN not acknowledged': {
    observations: [
      ...open,
      say.ending(1, 20, say.tcpInfo('established', rtt)),
      say.look(1, 40, 'fin_wait_1', {
        sendQueue: 1,
        timer: 'retransmit',
        info: say.tcpInfo('fin_wait_1', {
          ...rtt,
          retransmitsInARow: 6,
          totalRetransmits: 6,
          lastAckReceivedMs: 29_990,
        }),
      }),
    ],
    at: 45,
  },
  'FIN behind bytes': {
    observations: [
      ...open,
      say.look(1, 15, 'close_wait', {
        receiveQueue: 1,
        sendQueue: 5000,
        timer: 'probe',
        info: say.tcpInfo('close_wait', {
          ...rtt,
          bytesSent: 100,
          bytesAcked: 101,
          notSentBytes: 5000,
          bytesReceived: 41,
          sendWindow: 0,
        }),
      }),
      say.ending(
        1,
        16,
        say.tcpInfo('close_wait', { ...rtt, bytesSent: 100, bytesAcked: 101, notSentBytes: 5000, bytesReceived: 41 }),
      ),
      say.look(1, 20, 'close_wait', {
        sendQueue: 5000,
        timer: 'probe',
        info: say.tcpInfo('close_wait', {
          ...rtt,
          bytesSent: 100,
          bytesAcked: 101,
          notSentBytes: 5000,
          bytesReceived: 41,
          sendWindow: 0,
        }),
      }),
    ],
    at: 25,
  },
  'CLOSING, waiting': {
    observations: [
      ...opened(),
      say.edge(1, 20, 'established', 'fin_wait_1'),
      say.edge(1, 20.01, 'fin_wait_1', 'closing', { finReceived: true }),
    ],
    at: 24,
  },
  'LAST_ACK, waiting': {
    observations: [
      ...opened(),
      say.edge(1, 20, 'established', 'close_wait'),
      say.edge(1, 20.5, 'close_wait', 'last_ack'),
    ],
    at: 24,
  },
  'RST over unread bytes': {
    observations: [
      ...open,
      say.closed(1, 20, {
        info: say.tcpInfo('close_wait', { ...rtt, bytesReceived: 42, lastAckReceivedMs: 1000 }),
        bytesRead: 10,
      }),
    ],
    at: 21,
  },
  'RST after half-close': {
    observations: [
      ...opened(),
      say.edge(1, 20, 'established', 'fin_wait_1'),
      say.edge(1, 20.02, 'fin_wait_1', 'fin_wait_2'),
      say.edge(1, 25, 'fin_wait_2', 'closed', { error: 'ECONNRESET' }),
    ],
    at: 26,
  },
  'kernel not asked': {
    observations: [
      say.connecting(1, 10),
      say.connected(1, 10.02),
      say.ending(1, 20),
      say.closed(1, 20.05, { bytesRead: 40, bytesWritten: 7 }),
    ],
    at: 21,
  },
  'given up by the kernel': {
    observations: [...opened(), say.edge(1, 930, 'established', 'closed', { error: 'ETIMEDOUT' })],
    at: 931,
  },
  'ended from outside': {
    observations: [...opened(), say.edge(1, 20, 'established', 'closed', { error: 'ECONNABORTED' })],
    at: 21,
  },
  'TIME_WAIT over': {
    observations: [
      ...opened(),
      say.edge(1, 20, 'established', 'fin_wait_1'),
      say.edge(1, 20.02, 'fin_wait_1', 'fin_wait_2'),
      say.edge(1, 21, 'fin_wait_2', 'closed', { finReceived: true }),
    ],
    at: 82,
  },
  'active close of a server': {
    observations: [
      say.accepted(1, 10.05, { info: say.tcpInfo('established', { ...rtt, lastDataSentMs: 10 }) }),
      say.ending(1, 20, say.tcpInfo('established', rtt)),
      say.look(1, 20.5, 'fin_wait_2', { info: say.tcpInfo('fin_wait_2', { ...rtt, lastAckReceivedMs: 480 }) }),
      say.closed(1, 22, { info: say.tcpInfo('closed', { ...rtt, bytesReceived: 1 }) }),
    ],
    at: 23,
  },
  idle: {
    observations: [...open, say.look(1, 15, 'established', { info: say.tcpInfo('established', bytes) })],
    at: 900,
  },
  'another process holds it': {
    observations: [
      ...open,
      say.closed(1, 20, { info: say.tcpInfo('established', rtt) }),
      say.row(say.socketId(1), 25, 'close_wait', { receiveQueue: 1 }),
    ],
    at: 60,
  },
} satisfies Record<string, Life>;

export function viewOfLife({ observations, at }: Life): ConnectionView {
  const { tell, advance, connection, tracker } = watch();
  tell(...observations);
  advance(at);
  const [known] = tracker.connections();
  return viewOf(known ?? connection(), say.seconds(at));
}

/** That this life is drawn like this; the first line feed of the drawing is for the eye. */
export function draws(life: keyof typeof lives, drawing: string): void {
  assert.equal(`\n${ladderText(viewOfLife(lives[life]))}`, drawing);
}
