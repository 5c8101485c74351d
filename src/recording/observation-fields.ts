import type { Observation, SocketEvent } from '../connection/observation.ts';
import { closeReason, fact } from './fact-fields.ts';
import { object, union } from './fields.ts';
import { context, endpoint, errorCode, remark, site } from './names.ts';
import { boolean, list, number, oneOf, optional, orNull, type Shape } from './shape.ts';
import { identity, instant, signals, socket, state, tcpInfo } from './socket-fields.ts';

const source = oneOf(['ebpf', 'sock_diag', 'procfs', 'netstat', 'userland']);

const told = { socket, at: instant };

const socketEvent = union<SocketEvent, 'event', 'kind'>('event', {
  connecting: {
    ...told,
    id: identity,
    calledAt: instant,
    attempt: number,
    requested: endpoint,
    context,
    suppressed: boolean,
    awaitsRequest: optional(boolean),
    site: optional(site),
  },
  assigned: { ...told, context },
  connected: { ...told, id: optional(identity), info: optional(tcpInfo) },
  connect_failed: { ...told, error: errorCode },
  accepted: { ...told, id: identity, info: optional(tcpInfo), site: optional(site) },
  adopted: { ...told, id: identity, inJavaScript: boolean, unaccepted: optional(boolean) },
  inspected: { ...told, signals, site: optional(orNull(site)) },
  ending: { ...told, info: optional(tcpInfo) },
  closed: {
    ...told,
    how: oneOf(['close', 'reset']),
    why: optional(closeReason),
    site: optional(site),
    error: optional(errorCode),
    info: optional(tcpInfo),
    unread: optional(number),
    bytesRead: number,
    bytesWritten: number,
  },
  handed_over: told,
});

export const observation: Shape<Observation> = object(
  union<Observation, 'kind'>('kind', {
    transition: {
      source,
      at: instant,
      id: identity,
      from: state,
      to: state,
      error: optional(errorCode),
      finReceived: optional(boolean),
    },
    row: {
      source,
      at: instant,
      socket: optional(socket),
      id: identity,
      state,
      receiveQueue: number,
      sendQueue: number,
      uid: optional(number),
      timer: optional(oneOf(['none', 'retransmit', 'keepalive', 'time_wait', 'probe'])),
      expiresMs: optional(number),
      retransmits: optional(number),
      info: optional(tcpInfo),
      drops: optional(number),
    },
    sweep_end: {
      source,
      startedAt: instant,
      at: instant,
      states: list(state),
      whole: boolean,
      dueAfterMs: optional(number),
    },
    socket_event: socketEvent,
    host: { source, at: instant, scope: oneOf(['host', 'namespace', 'process', 'thread']), fact },
    lost: { source, at: instant, count: number, what: remark },
  }),
);
