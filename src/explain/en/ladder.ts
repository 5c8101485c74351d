import type { LadderWords } from '../ladder/words.ts';

export const ladderWords: LadderWords = {
  us: 'this process',
  peer: 'peer',
  roles: { client: 'client', server: 'server', unknown: '' },
  units: { ms: ' ms', s: ' s', min: ' min', h: ' h', d: ' d' },
  segments: {
    syn: 'SYN',
    syn_ack: 'SYN+ACK',
    ack: 'ACK',
    data: 'data',
    fin: 'FIN',
    fin_ack: 'FIN+ACK',
    rst: 'RST',
    handshake: 'handshake',
  },
  again: (segment, times) => `${segment} again × ${times}`,
  crossing: (segment) => `${segment} (crossing)`,
  measured: (segment, much) => `${segment} · ${much}`,
  event: (event, error) => (error === undefined ? events[event] : `${events[event]} (${error})`),
  waiting(what, bytes) {
    if (what === 'our_fin' && bytes > 0) return `${waits.our_fin}, nor read ${bytes} B`;
    return waits[what].replace('N B', `${bytes} B`);
  },
  counting: (age) => `${age} and counting`,
  twoMsl: (age, all) => `2MSL: ${age} of ${all} are over`,
  beginningUnknown: 'what came before is not known',
  endUnseen: 'what came after is not known',
  omitted: '…',
  unknownAddress: 'address unknown',
  legend: {
    inferred: (dash) => `${dash} and ( ): not seen, it follows from what was seen.`,
    lost: '?: nothing shows that it came.',
  },
  title: (id, from, to, state) => `TCP connection ${id}: ${from} to ${to}, ${state}`,
  arrow: (from, to, what) => `${from} to ${to}: ${what}`,
  inferred: 'not seen',
};

const events = {
  descriptor_closed: 'your process closed the descriptor',
  time_wait_over: '2MSL are over',
  timed_out: 'no answer: the kernel gave up',
  aborted: 'ended from outside',
  given_up: 'your process gave up',
  failed: 'failed',
  gone: 'gone: how it ended was not seen',
  looked: 'found like this',
} as const;

const waits = {
  syn_ack: 'the peer has not answered (SYN+ACK)',
  ack_of_syn: 'the peer has not said the third word (ACK)',
  accept: 'your process has not accepted it',
  read: 'your process has not read N B',
  ack_of_data: 'the peer has not acknowledged N B',
  window: 'N B wait: the window of the peer is shut',
  our_fin: 'your process has not said goodbye (FIN)',
  other_holder: 'closed here, but another process holds it: no goodbye (FIN) goes out',
  ack_of_fin: 'the peer has not answered our goodbye (ACK)',
  peer_fin: 'the peer has not said goodbye (FIN)',
  time_wait: '2MSL',
} as const;
