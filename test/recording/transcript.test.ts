import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trackerLimits } from '../../src/connection/bounds.ts';
import { Knowledge } from '../../src/connection/knowledge.ts';
import type { Observation } from '../../src/connection/observation.ts';
import { Tracker } from '../../src/connection/tracker.ts';
import type { Finding } from '../../src/detectors/detector.ts';
import { Transcript } from '../../src/recording/transcript.ts';
import { Replay } from '../../src/replay/replay.ts';
import type { SocketCookie } from '../../src/tcp/identity.ts';
import { closed, connected, connecting } from '../connection/observations.ts';
import { accepted, at, headerLine, host, lookAt, tuple } from '../replay/lines.ts';

const site = { frames: () => ['portOf (/app/server.mjs:7:3)'] };

/** Three connections that leak, two of a server and one of a client, and one that was closed before the second look. */
const life: readonly Observation[] = [
  ...[1, 2, 4].map((socket) => accepted(socket, 1)),
  connecting(3, 1, { id: { cookie: '1003' as SocketCookie, tuple: tuple(40_003) }, site }),
  connected(3, 1),
  host(2, { name: 'trace', socket: 2, traceId: 'abc' }),
  ...lookAt(5, 1, 2, 3, 4),
  closed(4, 9),
  ...[10, 15, 20, 25, 30].flatMap((seconds) => lookAt(seconds, 1, 2, 3)),
];

/**
 * The lines of a run, part by part. A part begins with the line of this number; with the one after it, too, for nothing
 * says that a part is long.
 */
function parts(cuts: readonly number[], lossyAt = -1): string[][] {
  const knowledge = new Knowledge(new Tracker(trackerLimits(100)));
  const written: string[][] = [[headerLine()]];
  let [line, dropped, retelling] = [0, 0, false];
  const transcript = new Transcript({
    knowledge,
    pseudonyms: undefined,
    tellsIgnored: false,
    dropped: () => dropped,
    write(lines) {
      if (!retelling && (cuts.includes(line) || line === lossyAt)) {
        if (line === lossyAt) dropped++;
        else written.push([headerLine({ part: written.length + 1 })]);
        line++;
        retelling = true;
        transcript.begin(written.length, at(0));
        retelling = false;
      } else if (!retelling) line++;
      written.at(-1)?.push(...lines.split('\n'));
    },
  });
  for (const said of life) {
    transcript.add(said);
    knowledge.observe(said);
  }
  return written;
}

function findings(lines: readonly string[]) {
  const replayed = new Replay();
  return lines
    .flatMap((line) => replayed.take(line))
    .flatMap((told) => {
      assert.notEqual(told.kind, 'bad_line');
      return told.kind === 'finding' ? [told.finding] : [];
    });
}

/** In the order of their names: of two that are as old the one that was seen first is the first. */
function sampleOf(finding: Finding | undefined) {
  return finding?.sample
    .map(({ connection_id, call_site, trace_id }) => [connection_id, call_site[0], trace_id])
    .sort(([one = ''], [other = '']) => `${one}`.localeCompare(`${other}`));
}

const whole = findings(parts([]).flat());

describe('a recording in one part', () => {
  it('is what was observed, and the finding of it', () => {
    assert.equal(parts([]).flat().length, life.length + 1);
    assert.deepEqual(
      whole.map(({ cause, count, since }) => [cause, count, since]),
      [['paused', 3, '2026-01-01T00:00:05.000Z']],
    );
  });
});

describe('wherever a part begins', () => {
  const everywhere = life.map((_, line) => line).slice(1);

  it('all parts together: the same findings', () => {
    for (const cut of everywhere) {
      assert.deepEqual(findings(parts([cut]).flat()), whole, `cut before line ${cut}`);
      assert.deepEqual(findings(parts([cut, cut + 1, cut + 5]).flat()), whole, `cuts around line ${cut}`);
    }
  });

  it('the last part alone: the same connections, with the age that they had', () => {
    // Patience begins anew with the part, and three looks are what is left for it.
    const beforeTheLooksOf15s = life.findIndex((said) => said.at === at(15));
    for (const cut of everywhere.filter((line) => line < beforeTheLooksOf15s)) {
      const last = parts([cut, cut + 1]).at(-1) ?? [];
      const [finding, ...more] = findings(last);
      assert.deepEqual(more, []);
      assert.deepEqual([finding?.count, finding?.since, finding?.cause], [3, whole[0]?.since, 'paused'], `${cut}`);
      const [sampled, expected] = [sampleOf(finding), sampleOf(whole[0])];
      assert.deepEqual(sampled, expected, `cut before line ${cut}`);
    }
  });

  it('lines were lost: what follows is judged by what is told anew', () => {
    const [lines = []] = parts([], 12);
    const [finding, ...more] = findings(lines);
    assert.deepEqual(more, []);
    assert.deepEqual([finding?.count, finding?.since], [3, whole[0]?.since]);
  });
});

describe('a connection that option ignore leaves out', () => {
  it('is told of where whoever replays could not work it out', () => {
    const isIgnored = () => true;
    const knowledge = new Knowledge(new Tracker(trackerLimits(100), isIgnored));
    const lines = [headerLine()];
    const write = (line: string) => void lines.push(line);
    const options = { knowledge, pseudonyms: undefined, write, dropped: () => 0 };
    const transcript = new Transcript({ ...options, tellsIgnored: true });
    for (const said of life) {
      transcript.add(said);
      knowledge.observe(said);
    }
    assert.deepEqual(findings(lines), []);
    assert.equal(lines.filter((line) => line.includes('"ignored"')).length, 4);
  });
});
