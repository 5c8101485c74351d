import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PlaceCase, placeCase } from '../../src/detectors/case.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { seconds } from '../connection/observations.ts';
import { lookAt } from './views.ts';

function queue(fields: Partial<PlaceCase> = {}) {
  return placeCase({
    kind: 'accept_queue',
    cause: 'overflow',
    count: 4,
    where: '0.0.0.0:8080',
    since: seconds(0),
    severity: 'critical',
    subject: { role: 'server', listener: '0.0.0.0:8080' },
    confidence: 'observed',
    ...fields,
  });
}

/** What is told of these looks, five seconds apart. */
function told(...looks: Parameters<Raiser['look']>[0][]): string[] {
  const raiser = new Raiser('4711');
  return looks.flatMap((cases, n) =>
    raiser.look(cases, lookAt(n * 5)).map(({ status, id, cause, count }) => `${n}: ${status} ${id} ${cause} ${count}`),
  );
}

describe('a case of a place', () => {
  it('becomes a finding with its own words, severity and age', () => {
    const raiser = new Raiser('4711');
    raiser.look([queue()], lookAt(0));
    assert.deepEqual(raiser.look([queue()], lookAt(5)), [
      {
        id: 'accept_queue-4711-1',
        kind: 'accept_queue',
        cause: 'overflow',
        status: 'raised',
        count: 4,
        growth_per_minute: 0,
        severity: 'critical',
        since: '1970-01-01T00:00:00.000Z',
        age_s: 5,
        subject: { role: 'server', listener: '0.0.0.0:8080' },
        sample: [],
        forecast: null,
        confidence: 'observed',
      },
    ]);
  });

  it('is the same one when its cause becomes clearer', () => {
    const clearer = queue({ cause: 'loop_blocked' });
    assert.deepEqual(told([queue()], [queue()], ...Array.from({ length: 6 }, () => [clearer])), [
      '1: raised accept_queue-4711-1 overflow 4',
      '7: changed accept_queue-4711-1 loop_blocked 4',
    ]);
  });

  it('in another place is another one', () => {
    const other = queue({ where: '0.0.0.0:9090' });
    assert.deepEqual(told([queue(), other], [queue(), other]), [
      '1: raised accept_queue-4711-1 overflow 4',
      '1: raised accept_queue-4711-2 overflow 4',
    ]);
  });
});
