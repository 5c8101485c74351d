import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding, SourceStatus } from '../../src/index.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

const file = fixture('leaks.mjs');
const env = {
  SYNFIN_FINDINGS: 'json',
  SYNFIN_INTERVAL_MS: '200',
  SYNFIN_CLOSE_WAIT_MS: '800',
  SYNFIN_UNREAD_MS: '1200',
};

/** What each program must be told, and nothing else. */
const leaks: readonly [string, Expected][] = [
  [
    'a paused socket',
    { kind: 'close_wait_leak', cause: 'paused', count: 3, state: 'close_wait', role: 'server', frame: 'portOf' },
  ],
  [
    'a half-open socket',
    {
      kind: 'close_wait_leak',
      cause: 'half_open_never_ended',
      count: 1,
      state: 'close_wait',
      role: 'server',
      frame: 'portOf',
    },
  ],
  [
    'a fetch body of 150 kB',
    {
      kind: 'close_wait_leak',
      cause: 'fetch_body_not_consumed',
      count: 1,
      state: 'close_wait',
      role: 'client',
      frame: 'forgetfulFetch',
    },
  ],
  [
    'a fetch body of 3 MB',
    {
      kind: 'unread_data',
      cause: 'fetch_body_not_consumed',
      count: 1,
      state: 'established',
      role: 'client',
      frame: 'forgetfulFetch',
    },
  ],
];

interface Expected {
  readonly kind: Finding['kind'];
  readonly cause: Finding['cause'];
  readonly count: number;
  readonly state: string;
  readonly role: string;
  /** Function of the program that the call site must name first. */
  readonly frame: string;
}

describe('a leak, from the program to the words on stderr', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const [name, expected] of leaks)
    it(name, async () => {
      const program = new Program(['--import', register, file, name], { env });
      const finding = await program.waitFor('its finding', ({ stderr }) => whole(stderr, expected.count));
      program.stop();
      const { stderr } = await program.ended;
      assert.deepEqual([...new Set(jsonLines<Finding>(stderr).map(({ id }) => id))], [finding.id], stderr);

      assert.deepEqual([finding.kind, finding.cause, finding.count], [expected.kind, expected.cause, expected.count]);
      assert.equal(finding.severity, 'warning');
      assert.equal(finding.subject.role, expected.role);
      assert.ok(finding.age_s >= 0.8, `${finding.age_s} s`);
      const [sample] = finding.sample;
      assert.equal(sample?.state, expected.state);
      assert.ok(sample?.call_site[0]?.startsWith(`${expected.frame} (${file}:`), sample?.call_site.join('\n'));
      for (const frame of sample?.call_site ?? []) assert.ok(frame.includes(file), frame);
      assert.ok(finding.message.length > 0 && finding.advice.length > 0);
    });

  it("an exporter's connection and an ignored one: never in a finding, whatever becomes of them", async () => {
    const name = "an exporter's, an ignored one, and one like them";
    const program = new Program(['--import', register, file, name], { env: { ...env, SYNFIN_IGNORE: '127.0.0.9' } });
    const finding = await program.waitFor('its finding', ({ stderr }) => whole(stderr, 1));
    // Whoever else there were would be found in the next few looks.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    program.stop();
    const { stderr } = await program.ended;
    const found = jsonLines<Finding>(stderr).map(({ id, count, sample }) => [id, count, sample.length]);
    assert.deepEqual(found, [[finding.id, 1, 1]], stderr);
    assert.match(finding.sample[0]?.peer ?? '', /^127\.0\.0\.1:/);
  });

  it('a pause that ends: raised, changed to none, cleared, and the process goes its way', async () => {
    const { code, stderr } = await new Program(['--import', register, file, 'a pause that ends'], { env }).ended;
    const findings = jsonLines<Finding>(stderr);
    assert.equal(findings[0]?.status, 'raised', stderr);
    assert.equal(findings.at(-1)?.status, 'cleared', stderr);
    assert.deepEqual([...new Set(findings.slice(1, -1).map(({ status }) => status))], ['changed'], stderr);
    assert.equal(new Set(findings.map(({ id }) => id)).size, 1);
    assert.equal(findings[0]?.cause, 'paused');
    assert.equal(code, 0);
  });

  it('a keep-alive pool under load: nothing is said', async () => {
    const { code, stdout, stderr } = await new Program(['--import', register, file, 'a keep-alive pool'], { env })
      .ended;
    assert.deepEqual([code, stderr], [0, '']);
    const [looks] = jsonLines<{ after: SourceStatus }>(stdout);
    assert.equal(looks?.after.state, 'running');
    assert.ok(looks.after.observations > 0);
  });
});

/** The first finding that counts as many connections as there are: the looks may fall between two of them. */
function whole(stderr: string, count: number): Finding | undefined {
  return jsonLines<Finding>(stderr).find((finding) => finding.count === count);
}
