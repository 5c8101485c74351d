import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getSystemErrorMap, getSystemErrorName } from 'node:util';
import { ConnectionMeter } from '../../src/telemetry/connection-meter.ts';
import { Measurements, type MetricAttributes } from '../../src/telemetry/measurements.ts';

/** `error.type` of handshakes that have failed with these errors. */
function typesOf(errors: readonly string[]): unknown[] {
  const told: MetricAttributes[] = [];
  const measurements = new Measurements(assert.fail);
  measurements.join({
    isHeard: true,
    add: () => {},
    record: (_name, _value, attributes) => void told.push(attributes),
  });
  const meter = new ConnectionMeter(measurements);
  for (const error of errors) meter.handshake('client', 1000, error);
  assert.equal(told.length, errors.length);
  return told.map((attributes) => attributes['error.type']);
}

describe('the error of a handshake', () => {
  it('is the one that Node has a name for', () => {
    const names = [...getSystemErrorMap().values()].map(([name]) => name);
    assert.deepEqual(typesOf(names), names);
  });

  it('made up by whoever destroyed the socket → _OTHER, and room is left for the next', () => {
    const madeUp = Array.from({ length: 300 }, (_, n) => getSystemErrorName(-10_000 - n));
    assert.deepEqual(new Set(typesOf(madeUp)), new Set(['_OTHER']));
    assert.deepEqual(typesOf([...madeUp, 'ETIMEDOUT']).at(-1), 'ETIMEDOUT');
  });
});
