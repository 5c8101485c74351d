import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExplainedFinding } from '../../src/explain/explain.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

const env = { SYNFIN_FINDINGS: 'json', SYNFIN_INTERVAL_MS: '100' };

/** What is told of a program, up to the first finding where there is to be one, else to the end of the program. */
async function findings(
  way: string,
  scheme: 'http' | 'https',
  forMs: number,
  until?: string,
): Promise<ExplainedFinding[]> {
  const args = ['--import', register, fixture('keep-alive.mjs'), way, scheme];
  const program = new Program(args, { env: { ...env, FOR_MS: `${forMs}` }, limitMs: 90_000 });
  try {
    if (until === undefined) {
      const { code, stdout } = await program.ended;
      assert.equal(code, 0);
      assert.match(stdout, /"said"/);
    } else
      await program.waitFor(until, ({ stderr }) =>
        jsonLines<ExplainedFinding>(stderr).find(({ kind }) => kind === until),
      );
    return jsonLines<ExplainedFinding>(program.stderr);
  } finally {
    program.stop();
    await program.ended;
  }
}

/**
 *       us                        server
 *       │ ◀─────── answer ──────── │
 *       │ ◀───────── FIN ───────── │  200 ms later, while our event loop is held for 500 ms
 *       │ ─────── request ───────▶ │
 *       │ ◀───────── RST ───────── │
 */
describe('a request that meets a goodbye', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const [way, scheme, request] of [
    ['a blocked loop', 'http', 'GET /late'],
    ['a blocked loop', 'https', 'GET /late'],
    ['a POST with a body', 'http', 'POST /late'],
    ['a POST with a body', 'https', 'POST /late'],
    ['fetch', 'http', 'GET /late'],
  ] as const)
    it(`${way}, ${scheme} → keep_alive_race, with both timeouts and the line of the request`, async () => {
      const told = await findings(way, scheme, 60_000, 'keep_alive_race');
      assert.deepEqual(new Set(told.map(({ kind }) => kind)), new Set(['keep_alive_race']));
      const [{ cause, count, subject, sample, message } = assert.fail()] = told;
      assert.deepEqual([cause, subject.request, subject.role], ['reused_after_fin', request, 'client']);
      assert.ok(count >= 3, `${count} failures`);
      const { fin_before_ms: fin = 0, peer_idle_timeout_ms: peer = 0, agent_idle_timeout_ms: agent } = subject;
      // The server was asked for 200 ms, and a busy host makes it late.
      assert.ok(peer >= 150 && peer < 60_000, `idle for ${peer} ms`);
      assert.ok(fin > 0 && fin < 60_000, `FIN ${fin} ms before`);
      assert.equal(agent, way === 'fetch' ? 4000 : 3000);
      const files = sample.flatMap(({ call_site }) => call_site);
      // Node 20 tells of the requests of an agent only after its first one.
      assert.ok(files.some((frame) => frame.includes('keep-alive.mjs')));
      assert.match(message, /The server closes a connection after about [\d.]+ m?s of idleness/);
    });
});

describe('no race', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const way of [
    'a server that resets',
    'a server that gives up',
    'aborted requests',
    'load, and a server that is killed and started again',
  ])
    it(`${way} → nothing`, async () => assert.deepEqual(await findings(way, 'http', 6000), []));
});

describe('agents', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const [way, scheme, line] of [
    ['an agent per request', 'http', /^ask /],
    ['an agent per request', 'https', /^ask /],
    ['an undici agent per request', 'http', /keep-alive\.mjs/],
  ] as const)
    it(`${way}, ${scheme} → idle_pile_up, with the line that opens the connections`, async () => {
      const told = await findings(way, scheme, 60_000, 'idle_pile_up');
      const [{ cause, count, subject, sample } = assert.fail()] = told;
      assert.deepEqual([told.length, cause], [1, 'agent_per_request']);
      assert.ok(count >= 10 && subject.agents === count, `${count} connections of ${subject.agents} agents`);
      assert.match(sample[0]?.call_site[0] ?? '', line);
      assert.equal(sample[0]?.state, 'established');
    });

  for (const way of ['one agent with 50 connections', 'an agent for each of 20 hosts'])
    it(`${way} → nothing`, async () => assert.deepEqual(await findings(way, 'http', 12_000), []));
});
