import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type PortForecast, PortTrend } from '../../src/detectors/port-trend.ts';
import { seconds } from '../connection/observations.ts';

const limit = 28_232;

/** What is forecast after looks every `everyS` seconds, until `untilS`. */
function after(
  untilS: number,
  { held = () => 0, waiting = () => 0 }: Partial<Record<'held' | 'waiting', (second: number) => number>>,
  everyS = 5,
): PortForecast | undefined {
  const trend = new PortTrend();
  for (let second = 0; second <= untilS; second += everyS)
    trend.look(seconds(second), Math.round(held(second)), Math.round(waiting(second)));
  return trend.forecast(limit);
}

/** TIME_WAITs of so many connections a second, since second 0; they last for 60 s. */
function closing(perSecond: (second: number) => number): (second: number) => number {
  return (now) => {
    let count = 0;
    for (let second = Math.max(0, now - 60); second < now; second++) count += perSecond(second);
    return count;
  };
}

describe('TIME_WAITs fill the ports', () => {
  // 28232 ports / 60 s = 470.5 connections a second.
  it('more a second than come free in 60 s → forecast, from the fifth look on', () => {
    const waiting = closing(() => 480);
    assert.equal(after(15, { waiting }), undefined);
    assert.deepEqual(after(20, { waiting }), { limit, reached_in_s: 39, perMinute: 28_800 });
    assert.equal(after(40, { waiting })?.reached_in_s, 19);
  });

  it('just so many that the first come free in time → none, at no look of four minutes', () => {
    const waiting = closing(() => 465);
    for (let second = 0; second <= 240; second += 5) assert.equal(after(second, { waiting }), undefined, `${second} s`);
  });

  it('looked at every second or every half minute, it is the same', () => {
    assert.ok(after(4, { waiting: closing(() => 480) }, 1));
    for (let second = 0; second <= 240; second += 1)
      assert.equal(after(second, { waiting: closing(() => 465) }, 1), undefined, `${second} s`);
    for (let second = 0; second <= 600; second += 30)
      assert.equal(after(second, { waiting: closing(() => 465) }, 30), undefined, `${second} s`);
  });

  it('a step up that stays below the limit → none; one that does not → forecast', () => {
    const steps = (to: number) => closing((second) => (second < 120 ? 200 : to));
    for (let second = 0; second <= 400; second += 5)
      assert.equal(after(second, { waiting: steps(460) }), undefined, `${second} s`);
    assert.equal(after(140, { waiting: steps(480) })?.limit, limit);
  });

  it('a burst → none', () => {
    const burst = closing((second) => (second < 20 ? 700 : 0));
    for (let second = 25; second <= 90; second += 5)
      assert.equal(after(second, { waiting: burst }), undefined, `${second} s`);
  });

  it('more and more, from minute to minute → forecast, though each minute alone would do', () => {
    const rising = closing((second) => 150 + second * 0.5);
    assert.equal(after(120, { waiting: rising }), undefined);
    const forecast = after(300, { waiting: rising });
    assert.ok(forecast);
    // 60 s × (150 + t / 2) − 900 comes to the limit at 671 s.
    assert.ok(Math.abs(forecast.reached_in_s - 371) < 10, `${forecast.reached_in_s} s`);
  });

  it('up and down, as load does → none', () => {
    const wave = closing((second) => 300 + 60 * Math.sin(second / 20));
    for (let second = 0; second <= 600; second += 5)
      assert.equal(after(second, { waiting: wave }), undefined, `${second} s`);
  });
});

describe('connections that stay open', () => {
  it('pile up to the limit within the hour → forecast', () => {
    assert.equal(after(20, { held: (second) => 16_000 + 100 * second })?.reached_in_s, 102);
    assert.ok(after(300, { held: (second) => 20_000 + 3 * second }));
  });

  it('not within the hour, or not within twelve times as long as was looked → none', () => {
    assert.equal(after(300, { held: (second) => 20_000 + 2 * second }), undefined);
    assert.equal(after(20, { held: (second) => 20_000 + 3 * second }), undefined);
  });

  it('came at once and stay → none', () => {
    const pool = (second: number) => (second < 60 ? 200 * second : 12_000);
    for (let second = 80; second <= 400; second += 5)
      assert.equal(after(second, { held: pool }), undefined, `${second} s`);
  });

  it('the same at each look, or fewer → none', () => {
    assert.equal(after(300, { held: () => 26_000 }), undefined);
    assert.equal(after(300, { held: (second) => 26_000 - second }), undefined);
  });
});

describe('as recorded in a namespace with 200 ports', () => {
  it('five closed a second → forecast from half of the ports on, right to a few seconds', () => {
    const looks = recorded('fill');
    const full = looks.find(({ ports }) => ports >= 200)?.at ?? 0;
    assert.ok(full > 30);
    const told = forecasts(looks).filter(({ ports }) => ports >= 100 && ports < 190);
    assert.ok(told.length > 10);
    for (const { at, forecast } of told)
      assert.ok(forecast && Math.abs(at + forecast.reached_in_s - full) < 6, `at ${at} s: ${forecast?.reached_in_s}`);
  });

  it('two a second, 120 ports at most → none', () => {
    const looks = recorded('plateau');
    assert.ok(Math.max(...looks.map(({ ports }) => ports)) > 110);
    assert.deepEqual(told(looks), []);
  });

  it('one a second, then two → none', () => {
    assert.deepEqual(told(recorded('step')), []);
  });

  it('three a second that stay open → forecast', () => {
    const looks = recorded('pile');
    const half = forecasts(looks).filter(({ ports }) => ports >= 100 && ports < 150);
    assert.ok(half.length > 10 && half.every(({ forecast }) => forecast));
  });
});

interface Recorded {
  readonly at: number;
  readonly ports: number;
  readonly waiting: number;
}

function recorded(name: string): Recorded[] {
  const rows = JSON.parse(readFileSync(`test/fixtures/ports/${name}.json`, 'utf8')) as [number, number, number][];
  return rows.map(([at, ports, waiting]) => ({ at, ports, waiting }));
}

function forecasts(looks: readonly Recorded[]): (Recorded & { readonly forecast: PortForecast | undefined })[] {
  const trend = new PortTrend();
  return looks.map((look) => {
    trend.look(seconds(look.at), look.ports - look.waiting, look.waiting);
    return { ...look, forecast: trend.forecast(200) };
  });
}

/** Those that the detector would tell of: from half of the ports on. */
function told(looks: readonly Recorded[]) {
  return forecasts(looks).filter(({ ports, forecast }) => ports >= 100 && forecast);
}
