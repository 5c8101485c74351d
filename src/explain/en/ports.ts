import type { Finding } from '../../detectors/detector.ts';
import type { KindWords } from '../words.ts';
import { freePorts } from './limits.ts';

export const timeWaitBuildup: KindWords<'time_wait_buildup'> = {
  noun: ['connection', 'connections'],
  title: 'in TIME_WAIT',
  wire: 'Whoever says goodbye first waits for a minute after the last word (2 MSL), so that late segments find nobody they could confuse. Here that is your side.',
  turn: 'Nobody has to do anything: the kernel lets each one go after 60 s. The trouble is how many come after them.',
  outcome: 'Each one keeps its port away from new connections to the same destination for a minute.',
  limit: freePorts,
  causes: {
    no_keep_alive: {
      seen: 'each request opens a connection of its own, because its agent does not keep connections alive',
      advice:
        'Give the client one agent for the whole application, with keepAlive: true: new http.Agent({ keepAlive: true }). agent: false makes a new connection for every request.',
    },
    connection_close: {
      seen: 'each connection ends after one answer, because a "Connection: close" was sent or received',
      advice:
        'Leave that header out on both sides: look for a proxy, a health check or an old HTTP library that sets it, and for res.shouldKeepAlive = false on the server.',
    },
    small_pool: {
      seen: 'the agent throws connections away that it could use again: more come back at once than maxFreeSockets lets it keep',
      advice:
        'Raise maxFreeSockets of the agent to the number of requests that run at once, or lower maxSockets, so that requests wait for a free connection instead of opening one.',
    },
    short_keep_alive_timeout: {
      seen: 'connections are closed because they were idle for a moment: the keep-alive timeout is shorter than the gap between two requests',
      advice:
        'Raise server.keepAliveTimeout (5 s by default; below 1 s no client keeps a connection at all) above the gap between requests and above the idle timeout of any proxy in front; for a client, raise its own idle timeout.',
    },
    max_connections_drop: {
      seen: 'the server closes connections as they come, because server.maxConnections is reached',
      advice:
        'Raise server.maxConnections, or let fewer clients in further up front: a connection that is dropped costs a handshake, a goodbye and a minute of TIME_WAIT.',
    },
    aborted_requests: {
      seen: 'requests are given up before their answer is there, and each one takes its connection with it',
      advice:
        'Look at why they are aborted: a timeout that is shorter than the answer takes, or a caller that went away. fetch opens a spare connection for each abort, which costs a second TIME_WAIT.',
    },
    closed_by_app: {
      seen: 'the code closes each connection itself',
      advice:
        'Keep one connection and use it again, or pool them; for a health check, let the other side close first, or end it with resetAndDestroy().',
    },
    unknown: {
      seen: 'which setting makes them could not be told from here',
      advice:
        'Look for connections that are used once: clients without keep-alive, short idle timeouts, health checks.',
    },
  },
  details: timeWaitDetails,
};

function timeWaitDetails({ subject }: Finding): readonly string[] {
  const { per_second, own, limit, share, kernel } = subject;
  const details: string[] = [];
  if (own !== undefined) details.push(`${own} of them were closed by this process.`);
  if (per_second !== undefined) details.push(`Some ${per_second} are added every second.`);
  if (limit !== undefined && share !== undefined) details.push(`That is ${percent(share)} of ${limit}.`);
  return [...details, ...kernelDetails(kernel)];
}

/** What the kernel's settings mean here. */
const meanings: Readonly<Record<string, (value: number | string) => string>> = {
  ip_local_port_range: (value) => `ip_local_port_range is ${value}.`,
  ip_local_reserved_ports: (value) => `ip_local_reserved_ports takes ${value} out of it.`,
  tcp_tw_reuse: (value) =>
    `tcp_tw_reuse is ${value}: ${
      value === 1
        ? 'connect() may take the port of a TIME_WAIT that is more than a second old'
        : value === 2
          ? 'ports in TIME_WAIT are used again on loopback only'
          : 'ports in TIME_WAIT are never used again before their minute is over'
    }.`,
  tcp_max_tw_buckets: (value) => `tcp_max_tw_buckets is ${value}: beyond it the kernel forgets TIME_WAITs at once.`,
};

export function kernelDetails(kernel: Finding['subject']['kernel']): string[] {
  return Object.entries(kernel ?? {}).flatMap(([name, value]) => meanings[name]?.(value) ?? []);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
