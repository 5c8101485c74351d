import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replay } from '../../src/replay/paced.ts';
import { Replay, type Replayed } from '../../src/replay/replay.ts';
import { accepted, at, headerLine, host, lineOf, lookAt, row } from './lines.ts';

function told(lines: readonly string[]): Replayed[] {
  const replayed = new Replay();
  return [...lines.flatMap((line) => replayed.take(line)), ...replayed.end()];
}

function findings(lines: readonly string[]) {
  return told(lines).flatMap((one) => (one.kind === 'finding' ? [one.finding] : []));
}

const kinds = (all: readonly Replayed[]) => all.map(({ kind }) => kind);

/** Two connections in CLOSE_WAIT, looked at every five seconds. */
const leak = [accepted(1, 1), accepted(2, 1), ...[5, 10, 15, 20].flatMap((seconds) => lookAt(seconds, 1, 2))].map(
  lineOf,
);

describe('a recording', () => {
  it('of a leak: the finding, with the id, the age and the line that it had', () => {
    const [finding, ...more] = findings([headerLine(), ...leak]);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [finding?.id, finding?.kind, finding?.cause, finding?.count, finding?.status],
      ['close_wait_leak-4711-1', 'close_wait_leak', 'paused', 2, 'raised'],
    );
    assert.equal(finding?.since, '2026-01-01T00:00:05.000Z');
    assert.equal(finding?.age_s, 15);
    assert.deepEqual(finding?.sample[0]?.call_site, ['portOf (/app/server.mjs:7:3)']);
  });

  it('is judged by the options that it was recorded with', () => {
    const patient = headerLine({ options: { closeWaitMs: 16_000 } });
    assert.deepEqual(findings([patient, ...leak]), []);
    // What no option allows is as it is by default: 30 s.
    const wrong = headerLine({ options: { closeWaitMs: -1 } });
    assert.deepEqual(findings([wrong, ...leak]), []);
  });

  it('in which the application wanted to hear nothing of a connection', () => {
    const ignoring = headerLine({ options: { closeWaitMs: 10_000, ignore: ['10.0.0.0/8'] } });
    assert.deepEqual(findings([ignoring, ...leak]), []);
    const ignored = [1, 2].map((socket) => lineOf(host(2, { name: 'ignored', socket })));
    assert.deepEqual(findings([headerLine(), ...leak.slice(0, 2), ...ignored, ...leak.slice(2)]), []);
  });

  it("of a worker thread: ids are that one's", () => {
    const [finding] = findings([headerLine({ thread: 3 }), ...leak]);
    assert.equal(finding?.id, 'close_wait_leak-4711.3-1');
  });

  it('tells of a trace what telemetry had told', () => {
    const traced = [...leak];
    traced.splice(2, 0, lineOf(host(2, { name: 'trace', socket: 1, traceId: 'abc' })));
    const [finding] = findings([headerLine(), ...traced]);
    assert.deepEqual(
      finding?.sample.map(({ trace_id }) => trace_id),
      ['abc', null],
    );
  });

  it('what was lost is told', () => {
    const lost = { kind: 'lost', source: 'procfs', at: 1, count: 3, what: 'rows' };
    assert.deepEqual(kinds(told([headerLine(), JSON.stringify(lost)])), ['part', 'lost', 'end']);
  });

  it('bad lines are counted, and the first is quoted', () => {
    const all = told([headerLine(), 'no', ...leak.slice(0, 3), '{"kind":"row"}', ...leak.slice(3)]);
    assert.deepEqual(kinds(all), ['part', 'bad_line', 'finding', 'end']);
    const bad = all.find((one) => one.kind === 'bad_line');
    assert.deepEqual([bad?.line, bad?.bad.text], [2, 'no']);
    const end = all.at(-1);
    assert.deepEqual(end, { kind: 'end', lines: leak.length + 3, bad: 2, cutOff: false });
  });

  it('whose writer was killed in the middle of a line ends there, and has no bad line', () => {
    const all = told([headerLine(), ...leak, leak[0]?.slice(0, 20) ?? '']);
    assert.deepEqual(all.at(-1), { kind: 'end', lines: leak.length + 2, bad: 0, cutOff: true });
    assert.deepEqual(kinds(all), ['part', 'finding', 'end']);
  });

  it('with a time that no calendar has: told as an error, and the rest is judged', () => {
    const wrong = lookAt(20, 1, 2).map((said) =>
      said.kind === 'host' && said.fact.name === 'look'
        ? { ...said, fact: { ...said.fact, wallTime: [{ since: at(0), ms: 1e300 }] } }
        : said,
    );
    const all = told([headerLine(), ...leak.slice(0, -4), ...[...wrong, ...lookAt(25, 1, 2)].map(lineOf)]);
    assert.deepEqual(kinds(all), ['part', 'fault', 'finding', 'end']);
  });

  it('without a header has nothing to be judged by', () => {
    assert.deepEqual(kinds(told(leak)), ['end']);
    assert.deepEqual(told([]), []);
  });
});

describe('the parts of a run', () => {
  const second = headerLine({ part: 2 });
  const again = [accepted(1, 1), accepted(2, 1)].map(lineOf);
  const toldAgain = [lineOf(host(9, { name: 'told_again', count: again.length })), ...again];

  it('go on where the one before ended: what is told again is not heard again', () => {
    const whole = findings([headerLine(), ...leak]);
    const cut = 10;
    const parts = [headerLine(), ...leak.slice(0, cut), second, ...toldAgain, ...leak.slice(cut)];
    assert.deepEqual(findings(parts), whole);
    assert.deepEqual(
      told(parts).flatMap((one) => (one.kind === 'part' ? [one.follows] : [])),
      [false, true],
    );
  });

  it('the last alone: from what it tells again', () => {
    const looks = [15, 20, 25, 30].flatMap((seconds) => lookAt(seconds, 1, 2)).map(lineOf);
    const [finding] = findings([second, ...toldAgain, ...looks]);
    assert.equal(finding?.count, 2);
    assert.deepEqual(findings([second, ...looks]), [], 'nobody has told of them');
  });

  it('another run begins anew', () => {
    const other = headerLine({ run: 'b', pid: 4712 });
    assert.deepEqual(
      findings([headerLine(), ...leak, other, ...leak]).map(({ id }) => id),
      ['close_wait_leak-4711-1', 'close_wait_leak-4712-1'],
    );
  });
});

describe('the pace', () => {
  const lines = [headerLine(), row(1, 10), row(1, 11), row(1, 11.004), row(1, 13)].map((one) =>
    typeof one === 'string' ? one : lineOf(one),
  );

  async function slept(speed: number): Promise<number[]> {
    const all: number[] = [];
    const sleep = async (ms: number) => void all.push(ms);
    for await (const _ of replay(lines, { speed, sleep }));
    return all.map(Math.round);
  }

  it('1: as long as it took', async () => assert.deepEqual(await slept(1), [1000, 2000]));
  it('10: ten times as fast', async () => assert.deepEqual(await slept(10), [100, 200]));
  it('Infinity: without waiting', async () => assert.deepEqual(await slept(Number.POSITIVE_INFINITY), []));
});
