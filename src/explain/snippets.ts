import type { Finding } from '../detectors/detector.ts';
import type { Cause, CauseOf, FindingKind } from '../detectors/kinds.ts';
import { clientIdleMs, shortestIdleMs } from './client-idle.ts';
import { leakSnippets } from './leak-snippets.ts';

/** Lines of code, without a word of any language: `-` before what goes, `+` before what comes. */
export type Snippet = readonly string[];

/** Some depend on what else is known of the finding. */
type Told = Snippet | ((subject: Finding['subject']) => Snippet | undefined);

type Snippets = { readonly [Kind in FindingKind]?: Readonly<Partial<Record<CauseOf<Kind>, Told>>> };

/** What a client writes; undefined for a server, of which such code is none. */
const client =
  (...lines: Snippet): Told =>
  ({ role }) =>
    role === 'server' ? undefined : lines;

const requestDeadline: Snippet = [
  '- const req = http.get(url, onResponse);',
  '+ const req = http.get(url, { timeout: limitMs }, onResponse);',
  "+ req.on('timeout', () => req.destroy());",
  "  req.on('error', onError);",
];

const closeHeader: Told = ({ role }) =>
  role === 'server'
    ? ["- res.setHeader('Connection', 'close');", '  res.end(data);']
    : [
        "- const response = await fetch(url, { headers: { connection: 'close' } });",
        '+ const response = await fetch(url);',
      ];

/** Of the two shortages of ports, the one that a setting of the code makes: a bind() before connect(). */
const noLocalAddress: Told = ({ pooled_bind }) =>
  pooled_bind
    ? ['- const socket = net.connect({ host, port, localAddress });', '+ const socket = net.connect({ host, port });']
    : undefined;

const idleTimeout: Told = ({ peer_idle_timeout_ms: peer }) =>
  peer !== undefined && peer < shortestIdleMs
    ? ['- server.keepAliveTimeout = 500;', '+ server.keepAliveTimeout = 65_000;']
    : [
        '- const agent = new http.Agent({ keepAlive: true });',
        `+ const agent = new http.Agent({ keepAlive: true, timeout: ${clientIdleMs(peer)} });`,
      ];

const snippets: Snippets = {
  close_wait_leak: leakSnippets,
  unread_data: leakSnippets,
  stuck_write: {
    peer_not_reading: [
      '- socket.write(data);',
      '+ const timer = setTimeout(() => socket.destroy(), limitMs);',
      '+ socket.write(data, () => clearTimeout(timer));',
    ],
    retransmitting: requestDeadline,
  },
  fin_wait_2_stall: {
    peer_keeps_open: [
      '  socket.end(data);',
      '+ const timer = setTimeout(() => socket.destroy(), limitMs);',
      "+ socket.once('close', () => clearTimeout(timer));",
    ],
  },
  handshake_stall: { connect_no_answer: requestDeadline },
  time_wait_buildup: {
    no_keep_alive: client(
      '- const agent = new http.Agent({ keepAlive: false });',
      '+ const agent = new http.Agent({ keepAlive: true });',
    ),
    connection_close: closeHeader,
    small_pool: client(
      '- const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 2 });',
      '+ const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 256 });',
    ),
    short_keep_alive_timeout: ['- server.keepAliveTimeout = 1000;', '+ server.keepAliveTimeout = 65_000;'],
    closed_by_app: client(
      '- const socket = net.connect(port, host, () => socket.destroy());',
      '+ const socket = net.connect(port, host, () => socket.resetAndDestroy());',
    ),
  },
  ephemeral_ports: { exhausted: noLocalAddress, forecast: noLocalAddress },
  accept_queue: {
    loop_blocked: [
      '- const key = crypto.scryptSync(password, salt, 64);',
      '+ const key = await promisify(crypto.scrypt)(password, salt, 64);',
    ],
    backlog_too_small: ['- server.listen(port, host);', '+ server.listen({ port, host, backlog: 4096 });'],
  },
  // Of the whole list it is the one that no code can write.
  syn_flood: { syn_queue_full: ['+ sysctl -w net.ipv4.tcp_syncookies=1'] },
  keep_alive_race: { reused_after_fin: idleTimeout },
  idle_pile_up: {
    agent_per_request: [
      '+ const agent = new http.Agent({ keepAlive: true });',
      '  function ask(url, onResponse) {',
      '-   const agent = new http.Agent({ keepAlive: true });',
      '    return http.get(url, { agent }, onResponse);',
      '  }',
    ],
  },
};

/** What to write instead; undefined where prose says it better. */
export function snippetOf({ kind, cause, subject }: Finding): Snippet | undefined {
  const ofKind: Partial<Record<Cause, Told>> | undefined = snippets[kind];
  const told = ofKind?.[cause];
  return typeof told === 'function' ? told(subject) : told;
}
