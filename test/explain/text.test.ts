import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { causesOf, findingKinds } from '../../src/detectors/kinds.ts';
import { explain } from '../../src/explain/explain.ts';
import { english } from '../../src/explain/messages.en.ts';
import { findingText } from '../../src/explain/text.ts';
import { finding, sampled } from './findings.ts';

const plain = { colour: false, width: 100 };
const esc = '\u001b';

function textOf(fields: Parameters<typeof finding>[0] = {}, style = plain): string {
  return findingText(explain(finding(fields)), style);
}

/** Without its label, a line that is too long holds a single word. */
function isUnbreakable(line: string): boolean {
  return !line.slice(9).includes(' ');
}

describe('findingText', () => {
  it('in this order: what, wire, turn, the line it comes from, the fix, its code, the sockets', () => {
    const labels = textOf()
      .split('\n')
      .flatMap((line) => /^ {2}([a-z]+) /.exec(line)?.[1] ?? []);
    assert.deepEqual(labels, ['what', 'wire', 'turn', 'from', 'fix', 'code', 'socket']);
  });

  it('the head names severity, kind and cause', () => {
    assert.match(textOf(), /^synfin warning close_wait_leak · paused\n/);
    assert.match(textOf({ severity: 'critical' }), /^synfin CRITICAL /);
    assert.match(textOf({ status: 'changed', count: 0 }), /^synfin ok /);
    assert.match(textOf({ status: 'cleared', count: 0 }), /^synfin over /);
  });

  it('nothing left → two lines or three, no advice', () => {
    const text = textOf({ status: 'cleared', count: 0 });
    assert.ok(text.split('\n').length <= 4 && text.endsWith('\n'));
    assert.doesNotMatch(text, / {2}fix /);
  });

  it('at most three lines of the stack of the first connection', () => {
    const deep = ['a (/a.js:1:1)', 'b (/b.js:1:1)', 'c (/c.js:1:1)', 'd (/d.js:1:1)'];
    const text = textOf({ sample: [sampled(1, { call_site: deep }), sampled(2)] });
    assert.ok(text.includes('a (/a.js:1:1)') && text.includes('c (/c.js:1:1)') && !text.includes('d (/d.js'));
  });

  it('no line known → no row for it', () => {
    assert.doesNotMatch(textOf({ sample: [sampled(1, { call_site: [] })] }), / {2}from /);
  });

  it('three connections are shown, the others counted', () => {
    assert.doesNotMatch(textOf({ count: 3 }), /and \d+ more/);
    assert.match(textOf({ count: 4, sample: [1, 2, 3, 4].map((n) => sampled(n)) }), /and 1 more\n/);
    assert.match(textOf({ count: 30, sample: [1, 2, 3, 4].map((n) => sampled(n)) }), /and 27 more\n/);
  });

  it('an end that is not known is a question mark', () => {
    assert.match(textOf({ sample: [sampled(1, { local: null, peer: null })] }), /\? ⇄ \?/);
  });

  it('a forecast has its row', () => {
    const text = textOf({ growth_per_minute: 2, forecast: { limit: 1024, reached_in_s: 120 } });
    assert.match(text, / {2}soon {3}\+2 a minute; the limit of 1024 open files is reached in 2 min/);
  });
});

describe('a listener', () => {
  it('is no connection: its line is told, and no row is made of it', () => {
    const sample = [sampled(1, { state: 'listen', peer: null, call_site: ['main (/app/server.js:9:8)'] })];
    const subject = { role: 'server', listener: '0.0.0.0:8080' } as const;
    const text = textOf({ kind: 'accept_queue', cause: 'overflow', subject, sample });
    assert.match(text, /server main \(\/app\/server\.js:9:8\)/);
    assert.doesNotMatch(text, /socket |⇄|more$/m);
  });
});

describe('what a terminal would obey', () => {
  it('is not in the text, wherever it came from', () => {
    const hostile = '\u001b[31m\u0007\n\r\u009b1m\u202e\u2028';
    const sample = [sampled(1, { local: hostile, peer: hostile, call_site: [`fn ${hostile} (a.js:1:1)`] })];
    const subject = { role: 'server', listener: hostile, request: `POST /${hostile}`, pipe_target: hostile } as const;
    const lines = textOf({ sample, subject }).split('\n');
    for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});

describe('colour and width', () => {
  it('no colour → no escape code, in any finding', () => {
    for (const kind of findingKinds)
      for (const cause of causesOf[kind]) assert.ok(!textOf({ kind, cause }).includes(esc), cause);
  });

  it('colour changes nothing but the colour, and is always turned off again', () => {
    for (const fields of [{}, { severity: 'critical' }, { status: 'cleared', count: 0 }] as const) {
      const text = textOf(fields, { colour: true, width: 100 });
      assert.ok(text.includes(esc));
      const codes = text.split(esc).slice(1);
      assert.deepEqual(
        codes.map((code) => code.startsWith('[0m')),
        codes.map((_, index) => index % 2 === 1),
      );
      assert.equal(text.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), ''), textOf(fields));
    }
  });

  it('any finding, 80 columns and more → no line is longer, but for a word that cannot be broken, and code', () => {
    const word = fc.stringMatching(/^[a-z/.:()]{1,150}$/);
    const findings = fc.record({
      kind: fc.constantFrom(...findingKinds),
      cause: fc.constantFrom(...Object.values(causesOf).flat()),
      count: fc.integer({ min: 0, max: 1e6 }),
      subject: fc.record({ role: fc.constant('client' as const), destination: word }),
      sample: fc.array(word.map((site) => sampled(1, { call_site: [`fn ${site}`] }))),
    });
    fc.assert(
      fc.property(findings, fc.integer({ min: 80, max: 200 }), (fields, width) => {
        const code = new Set(explain(finding(fields)).snippet?.split('\n'));
        for (const line of textOf(fields, { colour: false, width }).split('\n'))
          assert.ok(line.length <= width || isUnbreakable(line) || code.has(line.slice(9)), line);
      }),
    );
  });

  it('every word of the explanation is there, in its order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.constantFrom(...causesOf.close_wait_leak), (width, cause) => {
        const words = (text: string) => text.split(/\s+/).join(' ');
        const { advice, ...rest } = explain(finding({ cause }));
        const fix = advice.slice(english.close_wait_leak.turn.length).trim();
        assert.ok(words(findingText({ ...rest, advice }, { colour: false, width })).includes(words(fix)));
      }),
    );
  });
});

it('each socket with what waits there: unread, or not acknowledged', () => {
  const kinds = { kind: 'stuck_write', cause: 'retransmitting' } as const;
  assert.match(textOf({ ...kinds, sample: [sampled(1, { tx_queue: 13 })] }), /34 s, 13 B not acknowledged\n/);
  assert.match(textOf({ sample: [sampled(1, { rx_queue: 14 })] }), /34 s, 13 B unread\n/);
  const synSent = { kind: 'handshake_stall', cause: 'connect_no_answer' } as const;
  assert.match(textOf({ ...synSent, sample: [sampled(1, { state: 'syn_sent' })] }), /syn_sent 34 s\n/);
});
