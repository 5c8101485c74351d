import {
  type AcceptQueueSayings,
  acceptQueueDetails,
  type SynQueueSayings,
  synFloodDetails,
} from '../details/queues.ts';
import { spell, spellMs } from '../spell.ts';
import type { KindWords } from '../words.ts';
import { acceptQueue, synQueue } from './limits.ts';

export const acceptQueueWords: KindWords<'accept_queue'> = {
  noun: ['attempt to connect', 'attempts to connect'],
  title: 'been turned away because the accept queue was full',
  happened: true,
  at: 'at',
  summary: ({ count, age_s }, many) =>
    `${many} ${count === 1 ? 'was' : 'were'} turned away lately because the accept queue was full; it began ${spell(age_s)} ago`,
  wire: 'The kernel shakes hands by itself ("hello?" SYN, "I hear you; do you hear me?" SYN+ACK, "I do" ACK) and lines the connections up in the accept queue (as long as the backlog), where your process takes them. When it is full, a SYN or the last ACK is dropped without a word.',
  turn: 'It is your turn: take connections out faster, or make room for more.',
  outcome:
    'To the clients it looks like a slow network: they say hello again after a second, and again, until their own timeout.',
  limit: acceptQueue,
  causes: {
    overflow: {
      seen: 'the event loop was running, and the queue is as long as the kernel allows (net.core.somaxconn)',
      advice:
        'More connections come at once than this process accepts. Have clients keep their connections alive, or let more processes listen on the port (cluster, or listen() with reusePort); raise net.core.somaxconn together with the backlog of listen() when they come in bursts.',
    },
    loop_blocked: {
      seen: 'the event loop was blocked meanwhile, so that nobody accepted',
      advice:
        'Find what holds the event loop (node --cpu-prof shows it) and move it off this thread: into worker_threads, a queue, or smaller steps. A longer backlog only hides it.',
    },
    backlog_too_small: {
      seen: 'the event loop was running, and the queue is shorter than the kernel allows',
      advice:
        'Raise the backlog to what comes in one burst: server.listen({ port, backlog: 4096 }). Node asks for 511 unless it is told, and the kernel takes the smaller of that and net.core.somaxconn, as it is when listen() is called.',
    },
  },
  details: (finding) => acceptQueueDetails(finding, acceptQueueSayings),
};

const acceptQueueSayings: AcceptQueueSayings = {
  queue: (limit, waiting) =>
    `The queue is for ${limit}, and ${waiting === 1 ? '1 waits' : `${waiting} wait`} in it now.`,
  loopHeld: (ms) => `The event loop was held for ${spellMs(ms)} at a time, or longer.`,
  somaxconn: (value) => `net.core.somaxconn is ${value}.`,
  whose: {
    primary:
      'In a cluster the queue belongs to the primary, this process: it accepts and hands the connections to its workers, so that it is its event loop that has to be free.',
    worker:
      'In a cluster the queue belongs to the primary; this one (SCHED_NONE) all its workers share, and whichever is free accepts.',
  },
  counting: 'Each SYN and ACK that found no place is counted, so that a client that tries again counts again.',
};

export const synFlood: KindWords<'syn_flood'> = {
  noun: ['half-open connection', 'half-open connections'],
  title: 'more than the SYN queue holds',
  at: 'at',
  summary: ({ age_s }, many) => `${many} (SYN_RECV), as many as the SYN queue holds; it began ${spell(age_s)} ago`,
  wire: 'Somebody says "hello, can you hear me?" (SYN), the kernel answers "I hear you; do you hear me?" (SYN+ACK), and "I do" (ACK) never comes. The kernel keeps each a place in the SYN queue and asks again, for a minute by default.',
  turn: 'It is the turn of the peers, who may never have meant to answer: their addresses can be forged. Your process sees nothing of it, since nothing reaches accept().',
  outcome: 'Clients that mean it find the queue full, and wait.',
  limit: synQueue,
  causes: {
    syn_queue_full: {
      seen: 'the SYN queue is full and SYN cookies are off, so that new hellos (SYN) are dropped',
      advice:
        'Switch SYN cookies on (net.ipv4.tcp_syncookies=1): with them the kernel answers without keeping a place. Raise net.ipv4.tcp_max_syn_backlog and the backlog of listen(), and have the flood stopped in front of the host.',
    },
    cookies_sent: {
      seen: 'the SYN queue is full, and the kernel answers with SYN cookies instead',
      outcome:
        'Clients that mean it still get in: a cookie needs no place in the queue, but some TCP options are lost.',
      advice:
        'If these are real clients on a slow way, raise the backlog of listen() and net.core.somaxconn, which the SYN queue is measured by; if not, have the flood stopped in front of the host.',
    },
  },
  details: (finding) => synFloodDetails(finding, synQueueSayings),
};

const synQueueSayings: SynQueueSayings = {
  queue: (limit) => `The SYN queue is for ${limit}.`,
  syncookies: (value) => `net.ipv4.tcp_syncookies is ${value}.`,
  maxSynBacklog: (value) =>
    `net.ipv4.tcp_max_syn_backlog is ${value}, a quarter of which is kept for peers that are known.`,
  somaxconn: (value) => `net.core.somaxconn is ${value}.`,
};
