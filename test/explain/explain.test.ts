import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding, Severity } from '../../src/detectors/detector.ts';
import { causesOf, findingKinds } from '../../src/detectors/kinds.ts';
import { endOf, explain, summaryOf } from '../../src/explain/explain.ts';
import { leakSnippets } from '../../src/explain/leak-snippets.ts';
import { english } from '../../src/explain/messages.en.ts';
import { spell } from '../../src/explain/spell.ts';
import type { CauseWords } from '../../src/explain/words.ts';
import { finding } from './findings.ts';

const severities: readonly Severity[] = ['warning', 'critical'];
const stages: readonly Partial<Finding>[] = [
  { status: 'raised', count: 1 },
  { status: 'changed', count: 2 },
  { status: 'changed', count: 0 },
  { status: 'cleared', count: 0 },
];
const forecasts = [null, { limit: 1024, reached_in_s: 600 }];

describe('the words', () => {
  it('every kind has its title, what happened on the wire, whose turn it is and what it comes to', () => {
    assert.deepEqual(Object.keys(english).toSorted(), [...findingKinds].toSorted());
    for (const kind of findingKinds) {
      const { noun, title, wire, turn, outcome, limit } = english[kind];
      for (const text of [...noun, title, wire, turn, outcome, limit.name, limit.reached])
        assert.match(text, /^\S.*\S$/, kind);
    }
  });

  it('every cause of it has what was seen and what to change, and no cause is there that detectors do not know', () => {
    for (const kind of findingKinds) {
      assert.deepEqual(Object.keys(english[kind].causes).toSorted(), [...causesOf[kind]].toSorted(), kind);
      for (const { seen, advice } of causesIn(kind)) for (const text of [seen, advice]) assert.match(text, /^\S.*\S$/);
    }
  });

  it('sentences end with a full stop; titles and what was seen are the middle of one', () => {
    for (const kind of findingKinds) {
      const { title, wire, turn, outcome, limit } = english[kind];
      assert.doesNotMatch(title, /\.$/);
      for (const sentence of [wire, turn, outcome, limit.reached]) assert.match(sentence, /\.$/);
      for (const { seen, advice } of causesIn(kind)) {
        assert.match(advice, /[.)]$/);
        assert.doesNotMatch(seen, /\.$/);
      }
    }
  });
});

function causesIn(kind: keyof typeof english): readonly CauseWords[] {
  return Object.values(english[kind].causes);
}

describe('explain', () => {
  it('of TIME_WAITs: how many are this process’s, and that others made the rest', () => {
    const told = (own: number, per_second?: number) => {
      const subject = { role: 'client', own, ...(per_second !== undefined && { per_second }) } as const;
      return explain(finding({ kind: 'time_wait_buildup', cause: 'no_keep_alive', count: 920, subject })).message;
    };
    assert.match(
      told(451, 7.5),
      /This process made 451 of them, others made the rest\..*added some 7\.5 every second\./,
    );
    assert.match(told(920), /This process made all of them\./);
    assert.doesNotMatch(told(920), /every second/);
  });

  it('says something of every kind, cause, severity, status, count and forecast', () => {
    for (const kind of findingKinds)
      for (const cause of causesOf[kind])
        for (const severity of severities)
          for (const stage of stages)
            for (const forecast of forecasts) {
              const { message, advice } = explain(finding({ kind, cause, severity, forecast, ...stage }));
              for (const text of [message, advice]) {
                assert.match(text, /^\S.+\.\)?$/);
                assert.doesNotMatch(text, /undefined|NaN|\[object| {2}/);
              }
            }
  });

  it('leaves the finding as it is, and adds the words', () => {
    const { message, advice, snippet, ...rest } = explain(finding());
    const {
      wire,
      turn,
      causes: { paused },
    } = english.close_wait_leak;
    assert.deepEqual(rest, finding());
    assert.ok(message.includes(paused.seen) && message.includes(wire));
    assert.ok(advice.startsWith(turn) && advice.endsWith(paused.advice));
    assert.equal(snippet, leakSnippets.paused?.join('\n'));
  });

  it('a forecast is told with the growth, the limit and when', () => {
    const { message } = explain(finding({ growth_per_minute: 4.5, forecast: { limit: 1024, reached_in_s: 600 } }));
    assert.match(message, /4\.5 more every minute.*limit of 1024 open files.*10 min/);
  });

  it('critical without a forecast: the limit is all but reached; a warning says no such thing', () => {
    assert.match(explain(finding({ severity: 'critical' })).message, /limit of open files/);
    assert.doesNotMatch(explain(finding()).message, /limit/);
  });
});

describe('how many, where and how long', () => {
  it('one connection is one', () => {
    const text = summaryOf(finding({ count: 1 }), 'en');
    assert.match(text, /^1 connection to db:5432, for 34 s /);
    assert.doesNotMatch(text, /connections|oldest/);
  });

  it('two are many, and the oldest is named', () => {
    assert.match(summaryOf(finding({ count: 2 }), 'en'), /^2 connections to db:5432, the oldest for 34 s /);
  });

  it('a server’s came in by a listener; request and pipe target are named', () => {
    const subject = { role: 'server', listener: '[::1]:80', request: 'POST /upload', pipe_target: 'Gzip' } as const;
    assert.match(summaryOf(finding({ subject }), 'en'), /accepted on \[::1\]:80 \(POST \/upload\) piped into a Gzip/);
  });

  it('what nobody has accepted was not accepted on its listener', () => {
    const subject = { role: 'server', listener: '[::1]:80' } as const;
    for (const kind of ['close_wait_leak', 'unread_data'] as const) {
      const one = finding({ kind, cause: 'not_accepted', subject });
      assert.match(summaryOf(one, 'en'), /^3 connections at \[::1\]:80, the oldest /);
      assert.match(summaryOf(one, 'zh'), /^连向 \[::1\]:80 的 3 个连接/);
    }
  });

  it('nothing left: for now, or for good', () => {
    assert.match(endOf(finding({ status: 'changed', count: 0 }), 'en'), /^No connection to db:5432 .* stays open/);
    assert.doesNotMatch(endOf(finding({ status: 'cleared', count: 0 }), 'en'), /stays open/);
  });

  it('one unit, as people say it', () => {
    const said = [0, 0.25, 34, 119.9, 120, 150, 7199, 7200, 86_400].map(spell);
    assert.deepEqual(said, ['0 s', '0.3 s', '34 s', '119.9 s', '2 min', '3 min', '120 min', '2 h', '24 h']);
  });
});

describe('a queue of a listener', () => {
  const subject: Finding['subject'] = {
    role: 'server',
    listener: '0.0.0.0:8080',
    queue: 512,
    limit: 511,
    loop_blocked_ms: 1460,
    kernel: { somaxconn: 4096 },
  };
  const queue = { kind: 'accept_queue', cause: 'loop_blocked', subject, sample: [] } as const;

  it('how many were turned away, its numbers, and how long the loop was held', () => {
    const { message } = explain(finding(queue));
    assert.match(
      message,
      /^3 attempts to connect at 0\.0\.0\.0:8080 were turned away lately .* began 34 s ago: the event/,
    );
    assert.match(message, /for 511, and 512 wait in it now\. The event loop was held for 1\.5 s at a time/);
    assert.match(message, /net\.core\.somaxconn is 4096/);
  });

  it('in a cluster: whose it is', () => {
    const told = (cluster: 'primary' | 'worker') => explain(finding({ ...queue, subject: { ...subject, cluster } }));
    assert.match(told('primary').message, /In a cluster the queue belongs to the primary, this process/);
    assert.match(told('worker').message, /In a cluster the queue belongs to the primary; .* all its workers share/);
    assert.doesNotMatch(explain(finding(queue)).message, /cluster/);
  });

  it('nobody is turned away any more', () => {
    const over = endOf(finding({ ...queue, status: 'cleared', count: 0 }), 'en');
    assert.match(over, /^For a while no attempt to connect at 0\.0\.0\.0:8080 has been turned away/);
  });

  it('half-open connections: what the queue is for; tcp_max_syn_backlog only where it plays a part', () => {
    const told = (tcp_syncookies: number) => {
      const kernel = { tcp_syncookies, tcp_max_syn_backlog: 128, somaxconn: 4096 };
      return explain(
        finding({ kind: 'syn_flood', cause: 'syn_queue_full', subject: { ...subject, limit: 96, kernel } }),
      );
    };
    assert.match(
      told(0).message,
      /^3 half-open connections at 0\.0\.0\.0:8080 .* SYN queue is for 96\..*tcp_max_syn_backlog is 128/,
    );
    assert.doesNotMatch(told(1).message, /tcp_max_syn_backlog/);
  });
});
