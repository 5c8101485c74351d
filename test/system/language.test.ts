import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chinese } from '../../src/explain/messages.zh.ts';
import type { Finding } from '../../src/index.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

const file = fixture('language.mjs');
const impatient = { SYNFIN_INTERVAL_MS: '200', SYNFIN_CLOSE_WAIT_MS: '800' };
const { wire, turn, causes } = chinese.close_wait_leak;

/** What a program says on stderr, up to the end of its first finding: the row of its socket. */
async function saidBy(name: string, env: Readonly<Record<string, string>>): Promise<string> {
  const program = new Program(['--import', register, file, name], { env: { ...impatient, ...env } });
  const said = await program.waitFor('its finding', ({ stderr }) => /^.*close_wait .*\n/m.test(stderr) || undefined);
  program.stop();
  const { stderr } = await program.ended;
  assert.ok(said);
  return stderr;
}

/** Without the breaks of its lines. */
function joinedUp(text: string): string {
  return text.replaceAll(/\n {9}/g, '').replaceAll(' ', '');
}

function assertChinese(text: string): void {
  assert.match(text, /^synfin 警告 close_wait_leak · paused\n {2}现象 {3}从 127\.0\.0\.1:\d+ 接进来的 1 个连接/m);
  for (const sentence of [wire, turn, causes.paused.seen, causes.paused.advice])
    assert.ok(joinedUp(text).includes(sentence.replaceAll(' ', '')), text);
  assert.match(text, /^ {2}连接 {3}\S+ {2}\S+ ⇄ \S+ {2}close_wait \S+ 秒，\d+ 字节未读$/m);
}

describe('the language of findings', { skip: kernelNeeds, concurrency: 2 }, () => {
  it('SYNFIN_LANG=zh → a finding on stderr is Chinese from its mark to its socket', async () => {
    assertChinese(await saidBy('leak', { SYNFIN_LANG: 'zh' }));
  });

  it('as JSON, message and advice are Chinese, and nothing else', async () => {
    const program = new Program(['--import', register, file, 'leak'], {
      env: { ...impatient, SYNFIN_LANG: 'zh', SYNFIN_FINDINGS: 'json' },
    });
    const finding = await program.waitFor('its finding', ({ stderr }) => jsonLines<Finding>(stderr)[0]);
    program.stop();
    await program.ended;
    const { message, advice, ...rest } = finding;
    assert.ok(message.includes(`：${causes.paused.seen}。${wire}`), message);
    assert.equal(advice, turn + causes.paused.advice);
    assert.doesNotMatch(JSON.stringify(rest), /[\u2e80-\uffef]/u);
    assert.deepEqual([rest.kind, rest.cause, rest.severity], ['close_wait_leak', 'paused', 'warning']);
  });

  it("start({ language: 'zh' }) → so are agent.findings() and what onFinding() is told", async () => {
    interface Both {
      readonly told: Pick<Finding, 'message' | 'advice'>;
      readonly open: Pick<Finding, 'message' | 'advice'>;
    }
    const program = new Program([file, 'told in code']);
    const { told, open } = await program.waitFor('its finding', ({ stdout }) => jsonLines<Both>(stdout)[0]);
    program.stop();
    const { stderr } = await program.ended;
    for (const { message, advice } of [told, open]) {
      assert.ok(message.includes(wire), message);
      assert.equal(advice, turn + causes.paused.advice);
    }
    assert.equal(stderr, '');
  });

  it('a worker thread speaks as its process does', async () => {
    assertChinese(await saidBy('in a worker thread', { SYNFIN_LANG: 'zh' }));
  });

  it('SYNFIN_LANG=fr → one line that names the variable and what it takes, and English', async () => {
    const said = await saidBy('leak', { SYNFIN_LANG: 'fr' });
    assert.match(said, /^synfin: SYNFIN_LANG="fr" is not understood: it takes .*en.*zh.*\. Using "en"\.\n/);
    assert.equal(said.match(/SYNFIN_LANG/g)?.length, 1);
    assert.match(said, /^synfin warning close_wait_leak · paused\n/m);
  });

  it('the locale is not asked: LANG and LC_ALL of a Chinese terminal → English, as by default', async () => {
    const said = await saidBy('leak', { LANG: 'zh_CN.UTF-8', LC_ALL: 'zh_CN.UTF-8' });
    assert.match(said, /^synfin warning close_wait_leak · paused\n/m);
    assert.doesNotMatch(said, /[\u2e80-\uffef]/u);
  });
});
