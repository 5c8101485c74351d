import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CloseReason } from '../../../src/connection/census.ts';
import { run } from '../../system/run.ts';

const file = fileURLToPath(new URL('closing-programs.js', import.meta.url));

/** What each program closes, on the side that says goodbye first, and why. */
const table: readonly [program: string, role: 'client' | 'server', why: CloseReason][] = [
  ['an agent without keep-alive', 'client', 'no_keep_alive'],
  ['an agent without keep-alive, its sockets limited', 'client', 'no_keep_alive'],
  ['agent: false', 'client', 'no_keep_alive'],
  ['an agent without keep-alive', 'server', 'connection_close'],
  ['the server sends Connection: close', 'client', 'connection_close'],
  ['the server sends Connection: close', 'server', 'connection_close'],
  ['the client sends Connection: close', 'client', 'connection_close'],
  ['fetch with connection: close', 'client', 'connection_close'],
  ['fetch from a server that sends Connection: close', 'client', 'connection_close'],
  ['a pool that keeps one', 'client', 'small_pool'],
  ['a server that keeps connections for less than a second', 'client', 'short_keep_alive_timeout'],
  ['the same, fetch', 'client', 'short_keep_alive_timeout'],
  ['the idle timeout of the server', 'server', 'short_keep_alive_timeout'],
  ['the same over TLS', 'server', 'short_keep_alive_timeout'],
  ['the idle timeout of the agent', 'client', 'short_keep_alive_timeout'],
  ['the idle timeout of fetch', 'client', 'short_keep_alive_timeout'],
  ['a timeout before the answer', 'client', 'aborted_requests'],
  ['fetch, aborted before the answer', 'client', 'aborted_requests'],
  ['a request that is destroyed within its answer', 'client', 'aborted_requests'],
  ['an agent that is destroyed', 'client', 'closed_by_app'],
  ['a net client that ends first', 'client', 'closed_by_app'],
  ['a health check that destroys its socket', 'client', 'closed_by_app'],
  ['an upgrade handler that ends its socket', 'server', 'closed_by_app'],
  ['a socket time-out of the application', 'client', 'closed_by_app'],
];

interface Said {
  readonly told: readonly (readonly [role: string, why: CloseReason])[];
  readonly faults: readonly string[];
}

const said = new Map<string, Promise<Said>>();

function outcome(program: string): Promise<Said> {
  const known = said.get(program) ?? run([file, program], { limitMs: 30_000 }).then(parsed);
  said.set(program, known);
  return known;
}

function parsed({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): Said {
  assert.deepEqual([code, stderr], [0, '']);
  return JSON.parse(stdout) as Said;
}

describe('why a descriptor is closed, as the hook sees it', { concurrency: 2 }, () => {
  for (const [program, role, why] of table)
    it(`${program}: the ${role} → ${why}`, async () => {
      const { told, faults } = await outcome(program);
      assert.deepEqual(faults, []);
      const reasons = told.filter(([who]) => who === role).map(([, reason]) => reason);
      // A pool keeps some of them.
      assert.ok(reasons.length >= 5, JSON.stringify(told));
      assert.deepEqual([...new Set(reasons)], [why]);
    });
});
