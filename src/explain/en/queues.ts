import type { KindWords } from '../words.ts';
import { acceptQueue } from './limits.ts';

export const acceptQueueWords: KindWords<'accept_queue'> = {
  noun: ['connection', 'connections'],
  title: 'turned away because the accept queue is full',
  wire: 'The kernel finishes handshakes by itself and puts the connections into a queue, from which your process takes them (accept). When the queue is full, it drops the SYN, or the last ACK, without a word.',
  turn: 'It is your turn: take connections out faster, or make room for more.',
  outcome:
    'To the clients it looks like a slow network: they send their SYN again after a second, and again after that.',
  limit: acceptQueue,
  causes: {
    overflow: {
      seen: 'the event loop was idle, and the queue as long as the kernel allows (somaxconn)',
      advice:
        'More connections arrive at once than one process takes: raise net.core.somaxconn together with the backlog of listen(), and let more processes listen, or clients keep their connections alive.',
    },
    loop_blocked: {
      seen: 'the event loop was blocked meanwhile, so that nobody accepted',
      advice:
        'Find what holds the event loop and move it off the main thread (worker_threads, a queue, smaller steps). A longer queue only hides it.',
    },
    backlog_too_small: {
      seen: 'the event loop was idle, and the queue shorter than the kernel allows',
      advice:
        'Raise the backlog: server.listen({ port, backlog: 4096 }); Node asks for 511 by default, and the kernel takes the smaller one of that and net.core.somaxconn.',
    },
  },
};

export const synFlood: KindWords<'syn_flood'> = {
  noun: ['half-open connection', 'half-open connections'],
  title: 'in SYN_RECV, more than the SYN queue holds',
  wire: 'Somebody asks for connections (SYN), is answered (SYN+ACK) and does not say the third word (ACK).',
  turn: 'It is the turn of the peers, who may never have meant to answer: their addresses can be forged.',
  outcome: 'Clients that mean it find the queue full.',
  limit: acceptQueue,
  causes: {
    syn_queue_full: {
      seen: 'the SYN queue is full and SYN cookies are off, so that new SYNs are dropped',
      advice:
        'Switch SYN cookies on (net.ipv4.tcp_syncookies=1), raise net.ipv4.tcp_max_syn_backlog and the backlog of listen(), and have the flood stopped in front of the host.',
    },
    cookies_sent: {
      seen: 'the SYN queue is full, and the kernel answers with SYN cookies',
      advice:
        'Connections still come about, without some TCP options. If these are real clients, raise the backlog of listen(), net.core.somaxconn and net.ipv4.tcp_max_syn_backlog; if not, have the flood stopped in front of the host.',
    },
  },
};
