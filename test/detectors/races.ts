import type { Race } from '../../src/connection/host-fact.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds } from '../connection/observations.ts';

/** A GET to api:80 that failed at this second; the FIN had come 200 ms before, after 5 s of idleness. */
export function race(at: number, fields: Partial<Race> = {}): Race {
  return {
    at: seconds(at),
    connectionId: `c${at}`,
    local: endpoint('10.0.0.1', 40_000),
    peer: endpoint('10.0.0.2', 80),
    requested: endpoint('api', 80),
    error: 'ECONNRESET',
    request: 'GET /orders',
    finBeforeMs: 200,
    peerIdleMs: 5000,
    agentIdleMs: undefined,
    site: { frames: () => ['call (/app/api.js:7:3)'] },
    ...fields,
  };
}
