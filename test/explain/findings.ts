import type { Finding, SampledConnection } from '../../src/detectors/detector.ts';

export function sampled(n: number, fields: Partial<SampledConnection> = {}): SampledConnection {
  return {
    connection_id: `${0x4000 + n}`,
    local: `10.0.0.1:${40_000 + n}`,
    peer: '10.0.0.2:5432',
    state: 'close_wait',
    age_s: 34,
    rx_queue: 1,
    tx_queue: 0,
    call_site: ['query (/app/src/db/pool.js:7:3)', 'handler (/app/src/routes/orders.js:81:22)'],
    trace_id: null,
    ...fields,
  };
}

/** Three connections to db:5432 that were paused, but for these fields. */
export function finding(fields: Partial<Finding> = {}): Finding {
  return {
    id: 'close_wait_leak-4711-1',
    kind: 'close_wait_leak',
    cause: 'paused',
    severity: 'warning',
    status: 'raised',
    since: '2026-01-01T00:00:00.000Z',
    age_s: 34,
    count: 3,
    growth_per_minute: 0,
    subject: { role: 'client', destination: 'db:5432' },
    sample: [sampled(1), sampled(2), sampled(3)],
    forecast: null,
    confidence: 'observed',
    ...fields,
  };
}
