import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { causesOf, findingKinds } from '../../src/detectors/kinds.ts';
import { clientIdleMs } from '../../src/explain/client-idle.ts';
import { explain } from '../../src/explain/explain.ts';
import { type Snippet, snippetOf } from '../../src/explain/snippets.ts';
import { patched, sidesOf } from '../system/snippet-patch.ts';
import { finding } from './findings.ts';

const subjects = [
  { role: 'client', destination: 'db:5432' },
  { role: 'server', listener: '0.0.0.0:8080' },
  { role: 'client', pooled_bind: true },
  { role: 'client', peer_idle_timeout_ms: 200 },
  { role: 'client', peer_idle_timeout_ms: 60_000 },
] as const;

const every = findingKinds.flatMap((kind) =>
  causesOf[kind].flatMap((cause) =>
    subjects.flatMap((subject) => {
      const snippet = snippetOf(finding({ kind, cause, subject }));
      return snippet ? [[`${kind} ${cause}`, snippet] as const] : [];
    }),
  ),
);

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (code: string) => unknown;
const setting = /^sysctl -w net\.[\w.]+=\d+$/;

describe('a snippet', () => {
  it('changes something, in eight lines at most, each with its sign and 76 columns at most', () => {
    for (const [name, snippet] of every) {
      assert.ok(snippet.length <= 8, name);
      for (const line of snippet) assert.match(line, /^[-+ ] .{1,74}$/, name);
      assert.ok(
        snippet.some((line) => !line.startsWith(' ')),
        name,
      );
    }
  });

  it('is JavaScript, as it was and as it is to be; or a setting of the kernel', () => {
    for (const [name, snippet] of every)
      for (const lines of Object.values(sidesOf(snippet))) assert.ok(isCode(lines), `${name}: ${lines.join('\n')}`);
  });

  it('has no words of any language: no comment, no text that a person reads', () => {
    for (const [name, snippet] of every)
      for (const line of snippet) {
        assert.doesNotMatch(line, /\/\/|\/\*/, name);
        for (const text of line.match(/'[^']*'/g) ?? []) assert.doesNotMatch(text, / /, name);
      }
  });

  it('the check of the code fails where the code does not parse', () => {
    assert.ok(isCode(['const a = await b;', 'return a;']));
    assert.ok(!isCode(['const a = (']) && !isCode(['sysctl -p']));
  });

  it('is in JSON as one text, and null where prose says it better or nothing is left', () => {
    assert.equal(explain(finding({ cause: 'unknown' })).snippet, null);
    assert.equal(explain(finding({ count: 0 })).snippet, null);
    assert.match(explain(finding()).snippet ?? '', /^ {2}socket\.on.*\n.*\n- .*\n- .*\n\+ .*\n {2}\}\);$/);
  });

  it('of what a client does is not shown to a server, nor the other way round', () => {
    const [asked, accepted] = (['client', 'server'] as const).map((role) =>
      snippetOf(finding({ cause: 'no_consumer', subject: { role } }))?.join('\n'),
    );
    assert.match(asked ?? '', /net\.connect/);
    assert.match(accepted ?? '', /net\.createServer/);
    const told = (role: 'client' | 'server') =>
      snippetOf(finding({ kind: 'time_wait_buildup', cause: 'connection_close', subject: { role } }))?.join('\n');
    assert.match(told('client') ?? '', /fetch\(url\)/);
    assert.match(told('server') ?? '', /setHeader/);
  });

  it('of a race has the very timeout that the words advise', () => {
    const race = (peer?: number) =>
      finding({
        kind: 'keep_alive_race',
        cause: 'reused_after_fin',
        subject: { role: 'client', ...(peer !== undefined && { peer_idle_timeout_ms: peer }) },
      });
    for (const peer of [1000, 5000, 65_000]) {
      const { message, snippet } = explain(race(peer));
      const [, advised] = /timeout: (\d+) \(http\)/.exec(message) ?? [];
      assert.match(snippet ?? '', new RegExp(`timeout: ${advised} \\}`));
    }
    assert.match(explain(race()).snippet ?? '', /timeout: 4000 /);
    assert.match(explain(race(999)).snippet ?? '', /\+ server\.keepAliveTimeout/);
  });
});

describe('how long a client should keep an idle connection', () => {
  it('a second less than the server; of short ones, a fifth less', () => {
    assert.deepEqual([60_000, 6000, 5000, 4900, 1000].map(clientIdleMs), [59_000, 5000, 4000, 3900, 800]);
  });
});

describe('a patch', () => {
  const snippet: Snippet = ['  a();', '- b();', '+ c();'];

  it('changes the lines wherever they are indented to', () => {
    assert.equal(patched('x();\n  a();\n  b();\ny();', snippet), 'x();\na();\nc();\ny();');
  });

  it('that fits nowhere, or in two places → an error', () => {
    assert.throws(() => patched('a();\nx();\nb();', snippet), /is there 0 times/);
    assert.throws(() => patched('a();\nb();\na();\nb();', snippet), /is there 2 times/);
  });
});

function isCode(lines: readonly string[]): boolean {
  if (lines.some((line) => line.startsWith('sysctl'))) return lines.every((line) => setting.test(line));
  try {
    new AsyncFunction(lines.join('\n'));
    return true;
  } catch {
    return false;
  }
}
