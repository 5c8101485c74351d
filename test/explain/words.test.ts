import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/detectors/detector.ts';
import { causesOf, type FindingKind, findingKinds } from '../../src/detectors/kinds.ts';
import { explain, wordsOf } from '../../src/explain/explain.ts';
import { findingText } from '../../src/explain/text.ts';
import { finding } from './findings.ts';

/** Every kind with every cause, as a client has it and as a server has it, one and many, with what else is known. */
const every: readonly Finding[] = findingKinds.flatMap((kind) =>
  causesOf[kind].flatMap((cause) =>
    ([1, 2, 1000] as const).flatMap((count) =>
      subjects(kind).map((subject) => finding({ kind, cause, count, subject })),
    ),
  ),
);

function subjects(kind: FindingKind): Finding['subject'][] {
  const client = { role: 'client', destination: 'db:5432' } as const;
  const server = { role: 'server', listener: '0.0.0.0:8080' } as const;
  const kernel = { ip_local_port_range: '32768-60999', tcp_tw_reuse: 2, somaxconn: 4096, tcp_syncookies: 0 };
  const ports = { ...client, limit: 28_232, share: 0.6, kernel };
  switch (kind) {
    case 'time_wait_buildup':
      return [client, { ...ports, own: 1, per_second: 7.5 }, { ...server, limit: 262_144, share: 1, kernel }];
    case 'ephemeral_ports':
      return [
        { ...ports, time_waits: 28_000 },
        { ...ports, time_waits: 0 },
        { ...ports, share: 1, failures: 1 },
        { ...client, failures: 1, failed_s_ago: 4 },
        { ...client, failures: 2, pooled_bind: true, local_address: '10.0.0.1' },
      ];
    case 'accept_queue':
    case 'syn_flood':
      return [server, { ...server, queue: 1, limit: 511, loop_blocked_ms: 1460, cluster: 'primary', kernel }];
    case 'keep_alive_race':
      return [
        client,
        { ...client, fin_before_ms: 12, peer_idle_timeout_ms: 5000, agent_idle_timeout_ms: 60_000 },
        { ...client, fin_before_ms: 12, peer_idle_timeout_ms: 200, agent_idle_timeout_ms: 100 },
      ];
    case 'idle_pile_up':
      return [client, { ...client, agents: 20 }];
    default:
      return [client, server];
  }
}

const paragraphs = (one: Finding) => Object.values(explained(one)).join(' ');

function explained(one: Finding): { message: string; advice: string } {
  const { message, advice } = explain(one);
  return { message, advice };
}

/** The states that a text of this kind may name: of our side, and CLOSE_WAIT of the peer's where we are in FIN_WAIT_2. */
const statesOf: Readonly<Record<FindingKind, readonly string[]>> = {
  close_wait_leak: ['CLOSE_WAIT'],
  unread_data: [],
  stuck_write: ['FIN_WAIT_1'],
  fin_wait_2_stall: ['FIN_WAIT_2', 'CLOSE_WAIT'],
  handshake_stall: ['SYN_SENT'],
  time_wait_buildup: ['TIME_WAIT'],
  ephemeral_ports: ['TIME_WAIT'],
  accept_queue: [],
  syn_flood: ['SYN_RECV'],
  keep_alive_race: [],
  idle_pile_up: ['ESTABLISHED'],
};

describe('the words of every kind and cause, of a client and of a server', () => {
  it('are whole: nothing is missing, doubled or said of one as of many', () => {
    for (const one of every)
      for (const text of Object.values(explained(one)))
        assert.doesNotMatch(
          text,
          /undefined|(?<!returns )null|NaN|\[object| {2}|\.\.|: \.| ,|(?<![\d.])1 (?:half-open )?(?:connections|requests|ports|attempts|different agents)\b/,
          text,
        );
  });

  it('name no state that this side of the connection is not in', () => {
    for (const one of every) {
      const named = paragraphs(one).match(/\b(?:[A-Z]+_)+[A-Z\d]+\b|\bESTABLISHED\b/g) ?? [];
      const states = named.filter((name) => /_WAIT|^SYN_|^ESTAB|_ACK$/.test(name));
      assert.deepEqual(
        states.filter((state) => !statesOf[one.kind].includes(state)),
        [],
        paragraphs(one),
      );
    }
  });

  it('FIN, ACK, RST and SYN stand in brackets behind what they mean, the first time at least', () => {
    for (const one of every) {
      const text = paragraphs(one);
      for (const segment of ['FIN', 'ACK', 'RST', 'SYN', 'SYN\\+ACK']) {
        const bare = new RegExp(`(?<![\\w+])${segment}(?!\\w|\\+| queue| cookie)`);
        const at = text.search(bare);
        const isInBrackets = text.lastIndexOf('(', at) > text.lastIndexOf(')', at);
        assert.ok(at < 0 || isInBrackets || /\b(a|no) $/.test(text.slice(0, at)), `${segment} in: ${text}`);
      }
    }
  });

  it('are short: no row takes more than four lines of 100 columns, and no paragraph more than 1000 characters', () => {
    for (const one of every) {
      const rows = findingText(explain(one), { colour: false, width: 100 }).split(/\n(?= {2}[a-z])/);
      const prose = rows.filter((row) => !/^ {2}(code|socket|facts) /.test(row));
      for (const row of prose) assert.ok(row.trimEnd().split('\n').length <= 4, row);
      for (const text of Object.values(explained(one))) assert.ok(text.length <= 1000, text);
    }
  });

  it('speak of nothing that stands elsewhere: in JSON a paragraph is alone', () => {
    for (const one of every) assert.doesNotMatch(paragraphs(one), /\bbelow(?! \d)|\b(as|listed|said|named) above\b/);
  });

  it('whose turn it is, is said of each', () => {
    for (const one of every) assert.match(wordsOf(one, 'en').turn, /^It is (your|nobody's|the) turn/);
  });
});
