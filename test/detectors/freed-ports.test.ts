import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/detectors/detector.ts';
import { EphemeralPorts } from '../../src/detectors/ephemeral-ports.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { explain } from '../../src/explain/explain.ts';
import { seconds } from '../connection/observations.ts';
import { again, census, failure, nothing, type Seen, towards } from './ports.ts';
import { lookAt } from './views.ts';

/** What is known after each of these looks, five seconds apart, and what is told at it. */
function looked(looks: readonly Seen[]): { told: Finding[]; open: Finding | undefined }[] {
  const [detector, raiser] = [new EphemeralPorts({ timeWaitShare: 0.5 }), new Raiser('4711')];
  return looks.map((look, n) => {
    const told = raiser.look(detector.examine({ ...nothing, ...look }, seconds(n * 5)), lookAt(n * 5));
    return { told, open: raiser.findings()[0] };
  });
}

const told = (looks: readonly Seen[]) => looked(looks).flatMap((look) => look.told);
const at = (ports: number, timeWaits = 0): Seen => ({ census: census(towards(ports, timeWaits)) });
const fails = { portFailures: [failure()] };
const empty: Seen = { census: census() };

//  ports │ ▁▁▁▁▁▁▁▁▁▁ · limit             ports │ ▁▁▁▁▁▁▁▁▁▁ · limit
//        │ connect() fails                      │ connect() fails   ╲
//        │            no port is free           │                    ▁▁▁▁  ports are free again
//        └────────────────────                  └──────────────────────
describe('connect() has found no port, and ports are free by now', () => {
  it('the failures are told, in the past, as a warning that forecasts nothing', () => {
    const [finding] = told([{ portFailures: [failure({ at: seconds(-4) })], ...empty }]);
    assert.ok(finding);
    const { count, severity, forecast, subject } = finding;
    assert.deepEqual([count, severity, forecast], [3, 'warning', null]);
    assert.deepEqual([subject.failures, subject.failed_s_ago, subject.share], [3, 4, 0]);
    const { message } = explain(finding);
    assert.match(message, /^connect\(\) to db:5432 found no port 3 times, the last 4 s ago: ports are free again\./);
    assert.doesNotMatch(message, /no local port is free|All but a few|open connections hold|ports .*taken/);
  });

  it('95 % taken → ports are missing; less → free', () => {
    const [missing] = told([{ ...fails, ...at(950) }]);
    assert.deepEqual([missing?.count, missing?.severity, missing?.subject.failed_s_ago], [950, 'critical', undefined]);
    const [free] = told([{ ...fails, ...at(949) }]);
    assert.deepEqual([free?.count, free?.severity, free?.subject.share], [3, 'warning', 0.949]);
  });

  it('all were taken, and go: the finding says so at the next look, and ends', () => {
    const looks = looked([{ ...fails, ...at(1000) }, { ...fails, ...at(1000) }, at(100), ...again(30, empty)]);
    const { open } = looks[2] ?? {};
    assert.deepEqual([open?.count, open?.severity, open?.forecast], [6, 'warning', null]);
    const stages = looks.flatMap((look) => look.told).map(({ status, count }) => `${status} ${count}`);
    assert.deepEqual(stages, ['raised 1000', 'changed 0', 'cleared 0']);
  });

  it('no census: missing at the look of the failure, not known at those after it', () => {
    const [now, later] = looked([fails, {}]).map(({ open }) => open);
    assert.deepEqual([now?.severity, now?.forecast], ['critical', { limit: 1000, reached_in_s: 0 }]);
    assert.deepEqual([later?.severity, later?.forecast], ['warning', null]);
    assert.match(later ? explain(later).message : '', /5 s ago: whether ports are free again is not known\./);
  });

  it('a census from before the failure, or of a part, does not say that ports are free', () => {
    const [, after] = looked([at(100), { portFailures: [failure({ at: seconds(3) })] }]);
    assert.deepEqual([after?.open?.severity, after?.open?.subject.share], ['critical', undefined]);
    const [part] = told([{ ...fails, census: { ...census(towards(100, 0)), whole: false } }]);
    assert.deepEqual([part?.severity, part?.count, part?.subject.share], ['critical', 3, undefined]);
  });

  it('of a localAddress: its pool is free again', () => {
    const pooled = failure({ error: 'EADDRINUSE', localAddress: '10.0.0.1' });
    const [finding] = told([{ portFailures: [pooled], ...at(100) }]);
    assert.match(
      finding ? explain(finding).message : '',
      /^connect\(\) from 10.0.0.1 found no port .*: ports are free again/,
    );
  });
});

//  95 % ─ ─ ─ ─ ─╱╲─ ─╱╲─ ─ ─     one finding
//  90 % ─ ─ ─ ─ ╱─ ╲╱─ ─╲╱─ ─
describe('a level around the limit', () => {
  const plateau = Array.from({ length: 200 }, (_, n) => at(n % 3 === 0 ? 955 : 940, 900));

  it('94 to 96 % for long → raised once, and nothing more', () => {
    assert.deepEqual(
      told(plateau).map(({ status }) => status),
      ['raised'],
    );
  });

  it('begun at 95 %, it goes on down to 90 %, with words that fit', () => {
    const { open } = looked([at(950), at(950), at(900)]).at(-1) ?? {};
    assert.deepEqual([open?.count, open?.cause], [900, 'exhausted']);
    assert.match(open ? explain(open).message : '', /900 of 1000 .* hardly a local port .* More than nine tenths/);
    assert.equal(looked([at(950), at(950), at(899)]).at(-1)?.open?.count, 0);
  });

  it('gone for less than two minutes, it began when it first began; for longer, now', () => {
    const since = (gone: number) =>
      told([at(950), at(950), ...again(gone, at(100)), ...again(10, at(950))]).at(-1)?.since;
    assert.equal(since(23), '1970-01-01T00:00:00.000Z');
    assert.equal(since(24), '1970-01-01T00:02:10.000Z');
  });

  it('what was never told of does not count as the beginning', () => {
    const [raised] = told([at(950), at(100), at(950), at(950)]);
    assert.equal(raised?.since, '1970-01-01T00:00:10.000Z');
  });
});
