import type { Finding } from '../../detectors/detector.ts';
import { spell } from '../spell.ts';
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
  details: acceptQueueDetails,
};

function acceptQueueDetails({ subject }: Finding): readonly string[] {
  const { queue, limit, loop_blocked_ms, cluster, kernel } = subject;
  const details: string[] = [];
  if (limit !== undefined && queue !== undefined)
    details.push(`The queue is for ${limit}, and ${queue === 1 ? '1 waits' : `${queue} wait`} in it now.`);
  if (loop_blocked_ms !== undefined)
    details.push(`The event loop was held for ${seconds(loop_blocked_ms)} at a time, or longer.`);
  if (kernel?.somaxconn !== undefined) details.push(`net.core.somaxconn is ${kernel.somaxconn}.`);
  if (cluster !== undefined) details.push(whose[cluster]);
  return [
    ...details,
    'Each SYN and ACK that found no place is counted, so that a client that tries again counts again.',
  ];
}

const whose = {
  primary:
    'In a cluster the queue belongs to the primary, this process: it accepts and hands the connections to its workers, so that it is its event loop that has to be free.',
  worker:
    'In a cluster the queue belongs to the primary; this one (SCHED_NONE) all its workers share, and whichever is free accepts.',
} as const;

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
  details: synFloodDetails,
};

function synFloodDetails({ subject: { limit, kernel = {} } }: Finding): readonly string[] {
  const { tcp_syncookies, tcp_max_syn_backlog, somaxconn } = kernel;
  const details: string[] = [];
  if (limit !== undefined) details.push(`The SYN queue is for ${limit}.`);
  if (tcp_syncookies !== undefined) details.push(`net.ipv4.tcp_syncookies is ${tcp_syncookies}.`);
  // With cookies it plays no part.
  if (tcp_max_syn_backlog !== undefined && tcp_syncookies === 0)
    details.push(
      `net.ipv4.tcp_max_syn_backlog is ${tcp_max_syn_backlog}, a quarter of which is kept for peers that are known.`,
    );
  if (somaxconn !== undefined) details.push(`net.core.somaxconn is ${somaxconn}.`);
  return details;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
