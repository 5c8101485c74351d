import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findingKinds } from '../../src/detectors/kinds.ts';
import { columnsOf, padTo } from '../../src/explain/columns.ts';
import { endOf, explain, summaryOf } from '../../src/explain/explain.ts';
import { chinese } from '../../src/explain/messages.zh.ts';
import { findingText } from '../../src/explain/text.ts';
import type { CauseWords } from '../../src/explain/words.ts';
import { phrases } from '../../src/explain/zh/phrases.ts';
import { joined } from '../../src/explain/zh/spacing.ts';
import { spell, spellMs } from '../../src/explain/zh/spell.ts';
import { everyFinding } from './every-finding.ts';
import { finding, sampled } from './findings.ts';

/** Each text once: what is said of every finding, and the phrases of rows. */
const told = new Set([
  ...[...everyFinding()].flatMap((one) => {
    const { message, advice } = explain(one, 'zh');
    return [message, advice];
  }),
  ...Object.values(phrases.labels),
  ...Object.values(phrases.marks),
  ...[phrases.unread(3), phrases.unacknowledged(3), phrases.more(3), phrases.changed('close_wait_leak-1')],
  phrases.soon(1024, chinese.time_wait_buildup.limit.name, 4.5, phrases.spell(600)),
]);

function nothingLike(wrong: RegExp, why: string): void {
  for (const text of told) {
    const found = wrong.exec(text);
    assert.equal(found, null, `${why}: …${text.slice(Math.max(0, (found?.index ?? 0) - 12)).slice(0, 40)}…`);
  }
}

describe('how Chinese is set', () => {
  it('a space where it meets Latin letters, numbers and code', () => {
    nothingLike(/\p{Script=Han}[\w'([{+]|[\w'%)\]}]\p{Script=Han}/u, 'no space');
  });

  it('none beside full-width punctuation, and never two', () => {
    nothingLike(/ [，。：；！？、（）「」]|[，。：；！？、（）「」] | {2}|^ | $/u, 'a space too many');
  });

  it('punctuation of Chinese sentences is full-width; curved quotes and dashes, half as wide or not, are not used', () => {
    nothingLike(/[\p{Script=Han}」）][,.;:!?]|[,;:!?] ?\p{Script=Han}|[“”‘’—]/u, 'half-width');
  });

  it('what is quoted stands in 「」, and brackets come in pairs', () => {
    for (const text of told)
      for (const [open, close] of ['「」', '（）'])
        assert.equal(text.split(open ?? '').length, text.split(close ?? '').length, text);
    nothingLike(/[，。：；、]{2}|「」|（）/u, 'nothing between');
  });

  it('sentences end with 。, and titles and what was seen are the middle of one', () => {
    for (const kind of findingKinds) {
      const { title, wire, turn, outcome, limit, causes } = chinese[kind];
      for (const sentence of [wire, turn, outcome, limit.reached]) assert.match(sentence, /。$/);
      assert.doesNotMatch(title, /[。，：；]/);
      for (const words of Object.values<CauseWords>(causes)) {
        assert.match(words.advice, /。$/);
        // It stands behind a colon.
        assert.doesNotMatch(words.seen, /[。：]|[；，]$/);
      }
    }
    for (const one of everyFinding())
      for (const text of [explain(one, 'zh').message, explain(one, 'zh').advice]) assert.match(text, /^\S.+。$/);
  });
});

/** Words of the field that Chinese engineers leave as they are; names with capitals, digits, dots or signs stay anyway. */
const terms = new Set(
  [
    'socket agent body pipe accept worker cluster addon backlog undici http net fetch transform',
    'server null new node close onread dispatcher',
    'keep-alive await for break return cookie cookies connect listen end true false timeout hang up',
  ]
    .join(' ')
    .split(' '),
);

describe('no English is left in it', () => {
  const prose = (text: string) => text.replaceAll(/'\w+'|\w*\([^（）。，]*?\)|\{[^}]*\}|[\w.]+(?:: ?\w+)?(?=: )/g, ' ');

  it('no run of three words', () => {
    for (const text of told)
      assert.doesNotMatch(text.replace('socket hang up', ''), /\b[a-z]+(?: [a-z]+){2,}\b/, 'an English sentence');
  });

  it('no word but the terms, and what is plainly a name', () => {
    const left = new Set(
      [...told].flatMap((text) => prose(text).match(/(?<![\w.:/-])[a-z]+(?:-[a-z]+)*(?![\w.:/(=-])/g) ?? []),
    );
    assert.deepEqual(
      [...left].filter((word) => !terms.has(word)),
      [],
    );
  });

  it('states, settings and error codes keep their names', () => {
    const all = [...told].join('');
    for (const name of ['CLOSE_WAIT', 'FIN_WAIT_2', 'SYN_SENT', 'SYN_RECV', 'TIME_WAIT', '2MSL', 'EADDRNOTAVAIL'])
      assert.ok(all.includes(name), name);
    assert.doesNotMatch(all, /CLOSE-WAIT|TIME-WAIT|FIN-WAIT/);
  });
});

describe('how many, where and how long, in Chinese', () => {
  it('numbers have their measure word', () => {
    const [one, many] = [1, 3].map((count) => summaryOf(finding({ count }), 'zh'));
    assert.equal(one, '连到 db:5432 的 1 个连接停在 CLOSE_WAIT 不关，已经 34 秒');
    assert.equal(many, '连到 db:5432 的 3 个连接停在 CLOSE_WAIT 不关，最久的已经 34 秒');
    const race = { kind: 'keep_alive_race', cause: 'reused_after_fin' } as const;
    assert.match(summaryOf(finding(race), 'zh'), /的 3 次请求.*，第一次在 34 秒前$/);
    for (const kind of findingKinds) {
      const { noun, limit } = chinese[kind];
      assert.match(limit.name, /^个/);
      assert.match(noun[1], /^[个次]/);
    }
    nothingLike(/\d ?(?:连接|请求|端口|agent)/u, 'no measure word');
  });

  it('a server’s came in by a listener; request and pipe target are named', () => {
    const subject = { role: 'server', listener: '[::1]:80', request: 'POST /upload', pipe_target: 'Gzip' } as const;
    assert.match(
      summaryOf(finding({ subject }), 'zh'),
      /^从 \[::1\]:80 接进来（POST \/upload）、数据 pipe 进 Gzip 的 3 个连接/,
    );
  });

  it('no place is known → only how many', () => {
    assert.match(summaryOf(finding({ subject: { role: 'client' } }), 'zh'), /^3 个连接停在/);
  });

  it('nothing left: for now, or for good', () => {
    assert.equal(
      endOf(finding({ status: 'changed', count: 0 }), 'zh'),
      '连到 db:5432 的连接不再停在 CLOSE_WAIT 不关了；这条发现先留一阵，以防它们又回来。',
    );
    assert.equal(
      endOf(finding({ status: 'cleared', count: 0 }), 'zh'),
      '连到 db:5432 的连接不再停在 CLOSE_WAIT 不关了。',
    );
  });

  it('one unit of time, as people say it', () => {
    const said = [0.25, 34, 119.9, 120, 7199, 7200].map(spell);
    assert.deepEqual(said, ['0.3 秒', '34 秒', '119.9 秒', '2 分钟', '120 分钟', '2 小时']);
    assert.deepEqual([30, 999, 1000, 1460].map(spellMs), ['30 毫秒', '999 毫秒', '1 秒', '1.5 秒']);
    nothingLike(/\d (?:s|ms|min|h)(?!\w)/, 'an English unit');
  });

  it('parts are joined with a space only where Chinese meets Latin', () => {
    assert.equal(joined('连到 db:5432', '的', '3 个连接'), '连到 db:5432 的 3 个连接');
    assert.equal(joined('接进来', '的', '', '连接'), '接进来的连接');
    assert.equal(joined('（GET /）', '的'), '（GET /）的');
  });
});

describe('a finding as text, in Chinese', () => {
  for (const width of [80, 100])
    it(`${width} columns → no line is wider but of code, and none begins with closing punctuation`, () => {
      for (const one of everyFinding()) {
        const { snippet, ...rest } = explain(one, 'zh');
        const text = findingText({ ...rest, snippet: null }, { colour: false, width, language: 'zh' });
        for (const line of text.split('\n')) {
          assert.ok(columnsOf(line) <= width, line);
          assert.doesNotMatch(line, /^ +[，。：；！？、」）]/, line);
        }
      }
    });

  it('labels, marks and what waits are Chinese, in columns; kind and cause keep their names', () => {
    const style = { colour: false, width: 100, language: 'zh' } as const;
    const text = findingText(explain(finding({ sample: [sampled(1, { rx_queue: 14 })] }), 'zh'), style);
    assert.match(text, /^synfin 警告 close_wait_leak · paused\n {2}现象 {3}连到 db:5432/);
    assert.match(text, /\n {2}该谁了 轮到你了：/);
    assert.match(text, /close_wait 34 秒，13 字节未读\n {9}另外还有 2 个\n$/);
    for (const label of [phrases.labels.what, phrases.labels.turn, phrases.labels.socket])
      assert.ok(text.includes(`\n  ${padTo(label, 7)}`), label);
    const critical = findingText(explain(finding({ severity: 'critical' }), 'zh'), style);
    assert.match(critical, /^synfin 严重 /);
  });
});
