import type { KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

export const stuckWrite: KindWords<'stuck_write'> = {
  noun: ['connection', 'connections'],
  title: 'with bytes that the peer does not take',
  wire: 'Your process has written bytes, and the peer has acknowledged none of them for longer than the threshold.',
  turn: 'It is the turn of the peer. JavaScript may believe that the write is done: the kernel still holds the bytes.',
  outcome: 'Each one holds a descriptor and what was written, and whoever waits for the write waits on.',
  limit: openFiles,
  causes: {
    peer_not_reading: {
      seen: 'the peer is alive and keeps its window shut (zero window): it does not read',
      advice:
        "Limit how long you wait for a slow reader: socket.setTimeout() with a 'timeout' listener that calls destroy(), or a deadline around the write. Heed what write() returns, and wait for 'drain', or what is written piles up in memory.",
    },
    retransmitting: {
      seen: 'the same segment is sent again and again, and nothing comes back: the peer, or the way to it, is gone',
      advice:
        'The kernel gives up only after tcp_retries2 attempts, a quarter of an hour by default, and TCP keep-alive does not look while bytes are unacknowledged. Put a deadline on every request and destroy() the socket when it passes.',
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
  outcome: 'The leak, CLOSE_WAIT, is at the other end.',
  limit: openFiles,
  causes: {
    peer_keeps_open: {
      seen: 'end() closed our half only; the descriptor is still open, and for that the kernel has no timeout',
      advice:
        'After end(), do not wait for ever: start a timer and destroy() the socket when the peer has not closed by then. And tell the people at the other end: their process does not close.',
    },
    orphaned: {
      seen: 'your process has closed its descriptor, and the kernel waits for the peer by itself',
      advice:
        'The kernel ends it after tcp_fin_timeout (60 s by default): nothing leaks here. The process at the other end does not close its connections; look for CLOSE_WAIT there.',
    },
  },
};

export const handshakeStall: KindWords<'handshake_stall'> = {
  noun: ['connection', 'connections'],
  title: 'in SYN_SENT, without an answer',
  wire: 'Your process has asked for a connection (SYN), again and again, and nothing came back: no "welcome" (SYN+ACK), no refusal (RST).',
  turn: 'It is the turn of the peer. Silence means a firewall that drops, an address where nobody lives, or a server whose queue is full.',
  outcome:
    'The kernel gives up after tcp_syn_retries attempts, two minutes by default; until then whoever waits for the connection waits.',
  limit: openFiles,
  causes: {
    connect_no_answer: {
      seen: 'the SYN was sent more than once and nobody has answered',
      advice:
        "Give connect() a deadline of its own: the timeout option of http only emits an event, so call req.destroy() in it; for fetch, pass signal: AbortSignal.timeout(ms); for net, destroy() the socket in its 'timeout' listener.",
    },
  },
};
