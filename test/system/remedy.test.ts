import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding, RemedyCounts } from '../../src/index.ts';
import { type Ended, fixture, jsonLines, kernelNeeds, register, run } from './run.ts';

const program = fixture('remedy.mjs');
const env = {
  SYNFIN_FINDINGS: 'json',
  SYNFIN_INTERVAL_MS: '100',
  SYNFIN_CLOSE_WAIT_MS: '300',
  SYNFIN_UNREAD_MS: '300',
};
const limitMs = 60_000;

interface Said {
  readonly peer?: string;
  readonly answered?: unknown;
  readonly reading?: string;
  readonly counted?: unknown;
  readonly remedies?: RemedyCounts;
  readonly open?: readonly { readonly kind: string; readonly cause: string; readonly count: number }[];
  readonly destroyed?: number;
  readonly thread?: string;
}

interface Line extends Partial<Finding> {
  readonly remedy?: string;
  readonly connection_id?: string;
  readonly finding_id?: string;
  readonly call_site?: readonly string[];
  readonly reason?: string;
  readonly peer?: string;
  readonly notice?: string;
}

interface Told extends Ended {
  readonly said: readonly Said[];
  readonly end: Said;
  readonly lines: readonly Line[];
}

async function told(
  name: string,
  more: Readonly<Record<string, string>> = { SYNFIN_ON_LEAK: 'destroy' },
): Promise<Told> {
  const ended = await run(['--import', register, program, name], { env: { ...env, ...more }, limitMs });
  const said = jsonLines<Said>(ended.stdout);
  const end = said.find(({ remedies }) => remedies !== undefined);
  assert.ok(end, `${ended.signal} ${ended.stdout} ${ended.stderr}`);
  return { ...ended, said, end, lines: jsonLines<Line>(ended.stderr) };
}

/** The program lives on, and ends as it would have without us. */
function isUnharmed({ code, signal, stderr, lines }: Told): void {
  assert.deepEqual([code, signal], [0, null], stderr);
  assert.deepEqual(
    lines.filter(({ notice }) => notice !== undefined),
    [],
    'no error, of the program or ours',
  );
  assert.equal(lines.length, stderr.trim().split('\n').length, stderr);
}

/** Each cause, and what the peer sees: a FIN where Node has read all that came, a RST where bytes wait in the kernel. */
const closed: readonly [name: string, cause: string, peer?: string][] = [
  ['half_open_never_ended', 'half_open_never_ended', 'FIN'],
  ['paused', 'paused', 'FIN'],
  ['no_consumer', 'no_consumer', 'FIN'],
  ['readable_not_read', 'readable_not_read', 'FIN'],
  ['pause_on_connect', 'pause_on_connect', 'ECONNRESET'],
  ['pipe_stuck', 'pipe_stuck', 'ECONNRESET'],
  ['onread_stopped', 'onread_stopped', 'ECONNRESET'],
  ['http_response_not_consumed', 'http_response_not_consumed'],
  ['fetch_body_not_consumed', 'fetch_body_not_consumed'],
  ['a compressed fetch body', 'fetch_body_not_consumed'],
  ['a fetch body that a stream was made of', 'fetch_body_not_consumed'],
  ['a fetch body whose end somebody waits for', 'fetch_body_not_consumed'],
  ['http_request_body_not_consumed', 'http_request_body_not_consumed', 'ECONNRESET'],
  ['http_half_open_response', 'http_half_open_response', 'FIN'],
  ['upgrade_forgotten', 'upgrade_forgotten', 'FIN'],
  ['unread data', 'no_consumer', 'ECONNRESET'],
  ['paused, over TLS', 'paused'],
  ['over TLS, on a socket of its own', 'paused'],
];

const left: readonly [name: string, reason: string][] = [
  ['iterator_stalled', 'cause'],
  ['pipeline()', 'stream_awaited'],
  ['a fetch body that somebody reads', 'fetch_read'],
  ['a response that somebody reads', 'stream_awaited'],
  ['an upload that somebody reads', 'stream_awaited'],
  ['a response with a listener to its error', 'message_watched'],
  ["a driver's socket", 'client_watched'],
  ['undici.request()', 'fetch_unknown'],
  ['a destroy() of its own that throws', 'refused'],
  ['pipeline() into a response that is bound to a context', 'stream_awaited'],
];

describe("onLeak: 'destroy', in programs that listen to no error", { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const [name, cause, peer] of closed)
    it(`${name} → reported, then closed; the finding has nothing left, and the program lives on`, async () => {
      const all = await told(name);
      isUnharmed(all);
      assert.deepEqual(all.end.remedies, { destroyed: 1, left: 0 });
      assert.deepEqual(
        all.end.open?.map((finding) => [finding.cause, finding.count]),
        [[cause, 0]],
      );
      const order = all.lines.map(({ status, remedy }) => remedy ?? status);
      assert.deepEqual(order.slice(0, 2), ['raised', 'destroyed'], all.stderr);
      const [raised, deed] = all.lines;
      assert.equal(deed?.finding_id, raised?.id);
      assert.equal(deed?.connection_id, raised?.sample?.[0]?.connection_id);
      assert.deepEqual([deed?.kind, deed?.cause, deed?.peer], [raised?.kind, cause, raised?.sample?.[0]?.peer]);
      assert.deepEqual(deed?.call_site, raised?.sample?.[0]?.call_site);
      if (peer)
        assert.deepEqual(
          all.said.flatMap((one) => one.peer ?? []),
          [peer],
        );
    });

  for (const [name, reason] of left)
    it(`${name} → somebody would be handed an error: left alone (${reason}), counted and told once`, async () => {
      const all = await told(name);
      isUnharmed(all);
      assert.deepEqual(all.end.remedies, { destroyed: 0, left: 1 });
      assert.deepEqual(
        all.end.open?.map(({ count }) => count),
        [1],
      );
      assert.deepEqual(
        all.lines.flatMap((one) => one.remedy ?? []),
        ['left'],
      );
      assert.equal(all.lines.find(({ remedy }) => remedy)?.reason, reason);
    });
});

describe("onLeak: 'destroy'", { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const name of ['paused', 'fetch_body_not_consumed'])
    it(`not asked for: ${name} → reported, and not touched`, async () => {
      const all = await told(name, { AWAIT: 'raised', GO_ON_MS: '2000' });
      isUnharmed(all);
      assert.deepEqual(all.end.remedies, { destroyed: 0, left: 0 });
      assert.deepEqual([all.end.destroyed, all.end.open?.[0]?.count], [0, 1]);
      assert.deepEqual(
        all.lines.map(({ status }) => status),
        ['raised'],
      );
    });

  it('a value that is none → said so, and nothing is touched', async () => {
    const all = await told('paused', { SYNFIN_ON_LEAK: 'bogus', AWAIT: 'raised', GO_ON_MS: '1000' });
    assert.deepEqual(
      all.lines.flatMap(({ notice }) => notice ?? []),
      ['SYNFIN_ON_LEAK="bogus" is not understood: it takes report, destroy. Using "report".'],
    );
    assert.deepEqual([all.code, all.end.remedies, all.end.destroyed], [0, { destroyed: 0, left: 0 }, 0]);
  });

  it('somebody begins to read when it is reported → spared, for as long as bytes move', async () => {
    const all = await told('somebody begins to read', { SYNFIN_ON_LEAK: 'destroy', AWAIT: 'raised', GO_ON_MS: '3000' });
    isUnharmed(all);
    assert.equal(all.lines[0]?.status, 'raised');
    assert.deepEqual([all.end.remedies, all.end.destroyed], [{ destroyed: 0, left: 0 }, 0]);
  });

  it('two hundred leaks → 60 in the first minute, the rest waits; ten lines and one more', async () => {
    const all = await told('two hundred', { SYNFIN_ON_LEAK: 'destroy', AWAIT: '60', GO_ON_MS: '3000' });
    isUnharmed(all);
    assert.deepEqual([all.end.remedies, all.end.destroyed], [{ destroyed: 60, left: 0 }, 60]);
    assert.equal(all.end.open?.[0]?.count, 140);
    const remedies = all.lines.flatMap(({ remedy, count }) => (remedy ? [{ remedy, count }] : []));
    assert.deepEqual(remedies.at(-1), { remedy: 'waiting', count: 140 });
    const byThemselves = remedies.filter(({ remedy }) => remedy === 'destroyed').length;
    const others = remedies.filter(({ remedy }) => remedy === 'destroyed_more');
    assert.equal(
      others.reduce((sum, { count = 0 }) => sum + count, byThemselves),
      60,
    );
    assert.ok(byThemselves <= 20, `${byThemselves}`);
  });

  it('a http.Agent whose only socket leaked → serves the requests that waited for it', async () => {
    const all = await told('an agent with one socket');
    isUnharmed(all);
    assert.deepEqual(
      all.said.flatMap(({ answered }) => answered ?? []),
      ['ok', 'ok', 'ok'],
    );
    assert.deepEqual(all.end.remedies, { destroyed: 1, left: 0 });
  });

  it('fetch → the body that was cut off fails when it is read, and the pool goes on', async () => {
    const all = await told('fetch goes on');
    isUnharmed(all);
    assert.equal(
      all.said.find(({ reading }) => reading)?.reading,
      'terminated: closed by synfin: unread_data, fetch_body_not_consumed',
    );
    assert.deepEqual(
      all.said.flatMap(({ answered }) => answered ?? []),
      [300_000, 300_000, 300_000],
    );
  });

  it('in a worker thread, where the kernel is asked by its tables alone → closed by the agent of that thread', async () => {
    const all = await told('in a worker thread');
    isUnharmed(all);
    assert.deepEqual([all.end.thread, all.end.remedies], ['worker', { destroyed: 1, left: 0 }]);
  });

  it('in a cluster worker → closed there', async () => {
    const all = await told('in a cluster worker');
    isUnharmed(all);
    assert.deepEqual(all.end.remedies, { destroyed: 1, left: 0 });
  });

  for (const [name, awaited, counted] of [
    ['counted by an SDK', 1, [['close_wait', 'paused', 1]]],
    // What was destroyed before it came is told to it, too.
    [
      'counted by an SDK that comes later',
      3,
      [
        ['close_wait', 'paused', 1],
        ['close_wait', 'no_consumer', 2],
      ],
    ],
  ] as const)
    it(name, async () => {
      const all = await told(name, { SYNFIN_ON_LEAK: 'destroy', AWAIT: String(awaited) });
      isUnharmed(all);
      const metric = 'synfin.tcp.connection.leak.destroyed';
      const counts = (all.said.find((one) => one.counted)?.counted ?? []) as unknown[][];
      assert.deepEqual(
        counts.filter(([name]) => name === metric),
        counted.map(([type, cause, value]) => [
          metric,
          { 'synfin.leak.type': type, 'synfin.leak.cause': cause },
          value,
        ]),
      );
    });
});
