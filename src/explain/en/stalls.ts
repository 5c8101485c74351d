import type { KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

export const stuckWrite: KindWords<'stuck_write'> = {
  noun: ['connection', 'connections'],
  title: 'with bytes that the peer does not take',
  wire: 'Your side has spoken (bytes, or its goodbye, FIN), and for longer than the threshold the peer has said "heard you" (ACK) to nothing more of it.',
  turn: 'It is the turn of the peer. JavaScript may believe that the write is done: the kernel still holds the bytes.',
  outcome:
    'Each one holds what was written, and a descriptor unless you have closed it; whoever waits for the write waits on.',
  limit: openFiles,
  causes: {
    peer_not_reading: {
      seen: 'the peer is there and takes nothing: the process at the other end does not read',
      wire: 'Your side speaks, and the peer says: "heard you, but stop, my buffer is full" (ACK with window 0). The kernel asks now and then whether there is room, and gets the same answer.',
      advice:
        'Limit how long you wait for a slow reader: a timer from the write on that calls destroy(), for the kernel itself waits for ever. Then it tries for some minutes more by itself (FIN_WAIT_1); resetAndDestroy(), which throws on TLS sockets, drops the bytes at once. Heed what write() returns. At the other end, look for a paused stream or a blocked event loop.',
    },
    retransmitting: {
      seen: 'the peer, or the way to it, is gone',
      wire: 'Your side has spoken (bytes, or its goodbye, FIN). No "heard you" (ACK) came, so the kernel says it again, each time after a longer pause; nothing comes back.',
      advice:
        'Put a deadline on every request and destroy() the socket when it passes: the kernel gives up only after tcp_retries2 attempts, a quarter of an hour by default. TCP keep-alive does not help: it does not look while bytes are unacknowledged. Then look at the way: a host that is down, a firewall or NAT that forgot the connection.',
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
  wire: 'Your side: "I have nothing more to say" (FIN). The peer: "heard you, wait, I may have more" (ACK). Its own goodbye (FIN) never came.',
  turn: 'It is the turn of the peer: it may still send, and then it has to close. If it is still there, it has the connection in CLOSE_WAIT.',
  outcome: 'Each one holds a descriptor (an open file) until then.',
  limit: openFiles,
  causes: {
    peer_keeps_open: {
      seen: 'end() has closed our half only; the descriptor is still open, and for that the kernel has no timeout',
      advice:
        "Do not wait for ever after end(): start a timer that calls destroy(), and stop it when 'close' comes; the kernel then waits for one more minute by itself. Where you want no answer, call destroySoon() or destroy() at once. And tell the people at the other end that their process does not close.",
    },
    orphaned: {
      seen: 'your process has closed its descriptor, and the kernel waits for the peer by itself',
      outcome: 'Each one holds its local port and some memory of the kernel, but no descriptor of yours.',
      advice:
        'Nothing is left to do here: the kernel ends it after tcp_fin_timeout (60 s by default). At the other end a process does not close its connections, or closes those of an idle pool late: look for CLOSE_WAIT there.',
    },
  },
};

export const handshakeStall: KindWords<'handshake_stall'> = {
  noun: ['connection', 'connections'],
  title: 'in SYN_SENT, without an answer',
  wire: 'Your side: "hello, can you hear me?" (SYN), again and again. Nothing comes back: neither "I hear you; do you hear me?" (SYN+ACK) nor "nobody here" (RST).',
  turn: 'It is the turn of the peer. Silence means a firewall that drops, an address where nobody lives, or a server whose accept queue is full, because it does not accept.',
  outcome:
    'Each one holds a descriptor and a local port until the kernel gives up after tcp_syn_retries attempts: two minutes by default.',
  limit: openFiles,
  causes: {
    connect_no_answer: {
      seen: 'the "hello" (SYN) was sent more than once, and nobody has answered',
      advice:
        "Give connect() a deadline of its own. http: the timeout option only emits 'timeout', so call req.destroy() in its listener. fetch: pass signal: AbortSignal.timeout(ms). net: a timer that calls socket.destroy(). Then try the address from this host: a refusal at once is a closed port, silence is the network or a server that does not accept.",
    },
  },
};
