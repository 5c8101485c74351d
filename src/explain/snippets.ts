import type { Finding } from '../detectors/detector.ts';
import type { Cause, CauseOf, FindingKind } from '../detectors/kinds.ts';
import { clientIdleMs, shortestIdleMs } from './client-idle.ts';
import { clientLeakSnippets, leakSnippets } from './leak-snippets.ts';

/** Lines of code, without a word of any language: `-` before what goes, `+` before what comes. */
export type Snippet = readonly string[];

/** Some depend on what else is known of the finding. */
type Told = Snippet | ((subject: Finding['subject']) => Snippet | undefined);

type Snippets = { readonly [Kind in FindingKind]?: Readonly<Partial<Record<CauseOf<Kind>, Told>>> };

const requestDeadline: Snippet = [
  '- const req = http.get(url, onResponse);',
  '+ const req = http.get(url, { timeout: limitMs }, onResponse);',
  "+ req.on('timeout', () => req.destroy());",
  "  req.on('error', onError);",
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

const ofEither: Snippets = {
  close_wait_leak: leakSnippets,
  unread_data: leakSnippets,
  stuck_write: {
    peer_not_reading: [
      '- socket.write(data);',
      '+ const timer = setTimeout(() => socket.destroy(), limitMs);',
      '+ socket.write(data, () => clearTimeout(timer));',
    ],
  },
  fin_wait_2_stall: {
    peer_keeps_open: [
      '  socket.end(data);',
      '+ const timer = setTimeout(() => socket.destroy(), limitMs);',
      "+ socket.once('close', () => clearTimeout(timer));",
    ],
  },
  time_wait_buildup: {
    short_keep_alive_timeout: ['- server.keepAliveTimeout = 1000;', '+ server.keepAliveTimeout = 65_000;'],
  },
  accept_queue: {
    loop_blocked: [
      '- const key = crypto.scryptSync(password, salt, 64);',
      '+ const key = await promisify(crypto.scrypt)(password, salt, 64);',
    ],
    backlog_too_small: ['- server.listen(port, host);', '+ server.listen({ port, host, backlog: 4096 });'],
  },
  // Of the whole list it is the one that no code can write.
  syn_flood: { syn_queue_full: ['+ sysctl -w net.ipv4.tcp_syncookies=1'] },
};

const ofClient: Snippets = {
  close_wait_leak: clientLeakSnippets,
  unread_data: clientLeakSnippets,
  stuck_write: { retransmitting: requestDeadline },
  handshake_stall: { connect_no_answer: requestDeadline },
  time_wait_buildup: {
    no_keep_alive: [
      '- const agent = new http.Agent({ keepAlive: false });',
      '+ const agent = new http.Agent({ keepAlive: true });',
    ],
    connection_close: [
      "- const response = await fetch(url, { headers: { connection: 'close' } });",
      '+ const response = await fetch(url);',
    ],
    small_pool: [
      '- const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 2 });',
      '+ const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 256 });',
    ],
    closed_by_app: [
      '- const socket = net.connect(port, host, () => socket.destroy());',
      '+ const socket = net.connect(port, host, () => socket.resetAndDestroy());',
    ],
  },
  ephemeral_ports: { exhausted: noLocalAddress, forecast: noLocalAddress },
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

const ofServer: Snippets = {
  time_wait_buildup: { connection_close: ["- res.setHeader('Connection', 'close');", '  res.end(data);'] },
};

/** What to write instead; undefined where prose says it better. */
export function snippetOf({ kind, cause, subject }: Finding): Snippet | undefined {
  const ofRole = { client: ofClient, server: ofServer, unknown: ofEither }[subject.role];
  const told = lookUp(ofRole, kind, cause) ?? lookUp(ofEither, kind, cause);
  return typeof told === 'function' ? told(subject) : told;
}

function lookUp(snippets: Snippets, kind: FindingKind, cause: Cause): Told | undefined {
  const ofKind: Partial<Record<Cause, Told>> | undefined = snippets[kind];
  return ofKind?.[cause];
}
