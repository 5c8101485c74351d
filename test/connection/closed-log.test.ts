import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClosedConnection, ClosedLog } from '../../src/connection/closed-log.ts';
import type { SocketCookie } from '../../src/tcp/identity.ts';
import { seconds } from './observations.ts';

const cookie = (number: number) => number.toString(16) as SocketCookie;

function closedAt(at: number, number: number): ClosedConnection {
  return { cookie: number, closedAt: seconds(at), role: 'server', site: undefined, suppressed: false };
}

describe('ClosedLog', () => {
  it('finds what was closed, by cookie', () => {
    const log = new ClosedLog(8);
    log.add(closedAt(5, 0x1f));
    assert.deepEqual(log.find(cookie(0x1f)), {
      closedAt: seconds(5),
      role: 'server',
      site: undefined,
      suppressed: false,
    });
    assert.equal(log.find(cookie(0x20)), undefined);
  });

  it('holds the last ones, over many rounds, and no others', () => {
    const log = new ClosedLog(8);
    for (let number = 1; number <= 100; number++) log.add(closedAt(number, number));
    for (let number = 1; number <= 92; number++) assert.equal(log.find(cookie(number)), undefined);
    for (let number = 93; number <= 100; number++) assert.equal(log.find(cookie(number))?.closedAt, seconds(number));
  });

  it('cookies that share a bit are told apart', () => {
    const log = new ClosedLog(8);
    log.add(closedAt(5, 7));
    assert.equal(log.find(cookie(7 + 2 ** 20)), undefined);
    log.add(closedAt(6, 7 + 2 ** 20));
    assert.equal(log.find(cookie(7))?.closedAt, seconds(5));
    assert.equal(log.find(cookie(7 + 2 ** 20))?.closedAt, seconds(6));
  });
});
