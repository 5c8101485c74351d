import type { KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

export const stuckWrite: KindWords<'stuck_write'> = {
  noun: ['connection', 'connections'],
  title: 'with bytes that the peer does not take',
  wire: 'Your process has written bytes, or said goodbye (FIN), and the peer has acknowledged nothing more for longer than the threshold.',
  turn: 'It is the turn of the peer. JavaScript may believe that the write is done: the kernel still holds the bytes.',
  outcome:
    'Each one holds what was written, and a descriptor unless you have closed it; whoever waits for the write waits on.',
  limit: openFiles,
  causes: {
    peer_not_reading: {
      seen: 'the peer is there and keeps its window shut (zero window): the process at the other end does not read',
      advice:
        "Limit how long you wait for a slow reader: a timer that starts with the write and calls destroy(), for the kernel waits for ever while the peer answers its probes. socket.setTimeout() only emits 'timeout': call destroy() in its listener. Heed what write() returns and wait for 'drain', or what you write piles up in memory. At the other end, look for a paused stream or a blocked event loop.",
    },
    retransmitting: {
      seen: 'it is sent again and again, and nothing comes back: the peer, or the way to it, is gone',
      advice:
        'Put a deadline on every request and destroy() the socket when it passes: the kernel gives up only after tcp_retries2 attempts, a quarter of an hour by default. TCP keep-alive does not help here: it does not look while bytes are unacknowledged. Then look at the way: a host that went down, a firewall or NAT that forgot the connection.',
    },
    unknown: {
      seen: 'why, could not be told from here',
      advice: 'Put a deadline on every request, and destroy() the socket when it passes.',
    },
  },
};

export const finWait2Stall: KindWords<'fin_wait_2_stall'> = {
  noun: ['connection', 'connections'],
  title: 'in FIN_WAIT_2',
  wire: 'Your side has said goodbye (FIN), the peer answered "heard you" (ACK), and has not said goodbye itself.',
  turn: 'It is the turn of the peer: it may still send, and then has to close.',
  outcome: 'Each one holds a descriptor until then. At the other end it is in CLOSE_WAIT.',
  limit: openFiles,
  causes: {
    peer_keeps_open: {
      seen: 'end() has closed our half only; the descriptor is still open, and for that the kernel has no timeout',
      advice:
        "Do not wait for ever after end(): start a timer and destroy() the socket when its 'close' event has not come by then; where you do not want an answer, call destroySoon() or destroy() at once. And tell the people at the other end that their process does not close.",
    },
    orphaned: {
      seen: 'your process has closed its descriptor, and the kernel waits for the peer by itself',
      advice:
        'Nothing is left to do here: the kernel ends it after tcp_fin_timeout (60 s by default). At the other end a process does not close its connections, or closes those of an idle pool late: look for CLOSE_WAIT there.',
      outcome:
        'It holds no descriptor of yours, only its local port and some memory of the kernel. At the other end it is in CLOSE_WAIT.',
    },
  },
};

export const handshakeStall: KindWords<'handshake_stall'> = {
  noun: ['connection', 'connections'],
  title: 'in SYN_SENT, without an answer',
  wire: 'Your process has asked for a connection (SYN), again and again, and nothing came back: no "welcome" (SYN+ACK), no refusal (RST).',
  turn: 'It is the turn of the peer. Silence means a firewall that drops, an address where nobody lives, or a server whose accept queue is full.',
  outcome:
    'Each one holds a descriptor and a local port, and whoever waits for the connection waits, until the kernel gives up after tcp_syn_retries attempts: two minutes by default.',
  limit: openFiles,
  causes: {
    connect_no_answer: {
      seen: 'the SYN was sent more than once, and nobody has answered',
      advice:
        "Give connect() a deadline of its own. http: the timeout option only emits 'timeout', so call req.destroy() in its listener. fetch: pass signal: AbortSignal.timeout(ms). net: a timer that calls socket.destroy(). Then try the address from this host: a connection that is refused at once would be a closed port, silence is the network, or a server that does not accept.",
    },
  },
};
