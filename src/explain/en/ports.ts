import type { KernelSayings } from '../details/kernel-settings.ts';
import { type TimeWaitSayings, timeWaitDetails } from '../details/time-waits.ts';
import type { KindWords } from '../words.ts';
import { freePorts, timeWaitBuckets } from './limits.ts';

export const timeWaitBuildup: KindWords<'time_wait_buildup'> = {
  noun: ['connection', 'connections'],
  title: 'in TIME_WAIT',
  wire: 'Whoever says goodbye (FIN) first also has the last word (ACK), and its kernel keeps the place for a minute in case that was lost or a late segment comes (2 MSL, twice the longest life of a segment). Here that is your side.',
  turn: "It is nobody's turn: the kernel lets each one go after 60 s, and no setting makes that shorter. What has to change is how many are made.",
  outcome:
    'For that minute each one keeps its local port from new connections to the same destination. When none is left, connect() fails (EADDRNOTAVAIL).',
  limit: freePorts,
  causes: {
    no_keep_alive: {
      seen: 'each request opens a connection of its own, because its agent does not keep connections alive',
      advice:
        'Give the client one agent for the whole application, with keepAlive: true: new http.Agent({ keepAlive: true }). agent: false makes a new connection for every request.',
    },
    connection_close: {
      seen: 'each connection ends with one answer, because one of the two sides says "Connection: close"',
      advice:
        'Leave that header out on both sides: look for a proxy, a health check or an old HTTP library that sets it, for agents without keepAlive: true among the clients, and for res.shouldKeepAlive = false on the server.',
    },
    small_pool: {
      seen: 'the agent throws away connections that could serve again: more come back at once than it may keep (maxFreeSockets)',
      advice:
        'Raise maxFreeSockets of the agent to the number of requests that run at once (256 by default), or lower maxSockets, so that requests wait for a free connection instead of opening one.',
    },
    short_keep_alive_timeout: {
      seen: 'connections are closed because nobody used them for a moment: the keep-alive timeout is shorter than the pause between two requests',
      advice:
        'Raise server.keepAliveTimeout (5 s by default) above the pause between two requests and above the idle timeout of a proxy in front of it. Below 2 s no http.Agent of Node keeps a connection at all, below 3 s no fetch(). Where it is the client that closes, raise its own idle timeout.',
    },
    max_connections_drop: {
      seen: 'the server closes connections as they come, because server.maxConnections is reached; no JavaScript hears of them but a "drop" event',
      advice:
        'Raise server.maxConnections, or let fewer clients in further up front: a connection that is dropped costs a handshake, a goodbye and a minute of TIME_WAIT.',
    },
    aborted_requests: {
      seen: 'requests are given up before their answer is there, and each one takes its connection with it',
      advice:
        'Look at why they are aborted: a timeout that is shorter than the answer takes, or a caller that went away. For each abort fetch opens a spare connection, which becomes a second TIME_WAIT.',
    },
    closed_by_app: {
      seen: 'the code closes each of these connections itself',
      advice:
        'Keep one connection and use it again, or pool them. Where each has to end, as for a health check, let the other side say goodbye first, or hang up in mid-sentence: resetAndDestroy() sends a RST, which leaves no TIME_WAIT (not for TLS).',
    },
    unknown: {
      seen: 'which setting makes them could not be told from here',
      advice:
        'Look for connections that are used once: clients without keep-alive, short idle timeouts, health checks.',
    },
  },
  inThisCase: ({ subject }) => (subject.role === 'server' ? atListener : {}),
  details: (finding) => timeWaitDetails(finding, heap, kernelSettings),
};

const atListener = {
  outcome:
    'On the side that listens they take no port, but memory; the kernel keeps at most tcp_max_tw_buckets of them in all.',
  limit: timeWaitBuckets,
};

const heap: TimeWaitSayings = {
  share: (percent, limit, of) => `That is ${percent} % of the ${limit} ${whole[of]}.`,
  partOfThem: (own) => `This process made ${own} of them, others made the rest.`,
  allOfThem: 'This process made all of them.',
  perSecond: (rate) => `Lately it has added some ${rate} every second.`,
};

const whole = { ports: 'ports towards this destination', buckets: 'TIME_WAITs that the kernel keeps' };

/** What the kernel's settings mean here. */
export const kernelSettings: KernelSayings = {
  ip_local_port_range: (value) => `ip_local_port_range is ${value}.`,
  ip_local_reserved_ports: (value) => `ip_local_reserved_ports takes ${value} out of it.`,
  tcp_tw_reuse: (value, when) => `tcp_tw_reuse is ${value}: ${reuse[when]}.`,
  tcp_max_tw_buckets: (value) => `tcp_max_tw_buckets is ${value}: beyond it the kernel forgets TIME_WAITs at once.`,
};

const reuse = {
  after_a_second: 'connect() may take the port of a TIME_WAIT that is more than a second old',
  on_loopback: 'ports in TIME_WAIT are used again on loopback only',
  never: 'ports in TIME_WAIT are never used again before their minute is over',
};
