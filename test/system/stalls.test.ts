import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';
import { far, Wire, wireNeeds } from './wire.ts';

const file = fixture('stalls.mjs');
const env = {
  SYNFIN_FINDINGS: 'json',
  SYNFIN_CALL_SITES: 'all',
  SYNFIN_INTERVAL_MS: '200',
  SYNFIN_CLOSE_WAIT_MS: '1000',
  SYNFIN_FIN_WAIT_2_MS: '1000',
  SYNFIN_HANDSHAKE_MS: '1200',
  SYNFIN_STUCK_WRITE_MS: '1500',
};

interface Expected {
  readonly program: string;
  readonly kind: Finding['kind'];
  readonly cause: Finding['cause'];
  readonly states: readonly string[];
}

/** What each program must be told in the end, and nothing else. */
const stalls: readonly Expected[] = [
  {
    program: 'our half is closed',
    kind: 'fin_wait_2_stall',
    cause: 'peer_keeps_open',
    states: ['fin_wait_2', 'fin_wait_2'],
  },
  {
    program: 'all of it is closed',
    kind: 'fin_wait_2_stall',
    cause: 'orphaned',
    states: ['fin_wait_2', 'fin_wait_2', 'fin_wait_2'],
  },
  {
    program: 'nobody answers',
    kind: 'handshake_stall',
    cause: 'connect_no_answer',
    states: ['syn_sent', 'syn_sent', 'syn_sent'],
  },
  {
    program: 'the peer does not read',
    kind: 'stuck_write',
    cause: 'peer_not_reading',
    states: ['close_wait', 'established', 'established', 'fin_wait_1', 'fin_wait_1'],
  },
  { program: 'the peer is gone', kind: 'stuck_write', cause: 'retransmitting', states: ['established'] },
];

for (const source of ['sock_diag', 'procfs'])
  describe(`stalls on a real wire, seen by ${source}`, { skip: kernelNeeds || wireNeeds }, () => {
    let wire: Wire;
    let peer: Program;
    let ports: string;
    before(async () => {
      wire = new Wire();
      peer = new Program([fixture('stalls-peer.mjs')], { under: wire.under('far'), limitMs: 200_000 });
      ports = await peer.waitFor('its ports', ({ stdout }) => portsIn(stdout));
    });
    after(async () => {
      peer.stop();
      await peer.ended;
      wire.remove();
    });

    const begin = (name: string) =>
      new Program(['--import', register, file, name, far, ports], {
        env: { ...env, SYNFIN_SOURCES: source },
        under: wire.under('near'),
        limitMs: 60_000,
      });

    it('a slow peer, an idle one with keep-alive, and a half-closed connection that goes on: nothing is said', async () => {
      const program = begin('the peer is slow, or idle');
      await program.waitFor('it is ready', ({ stdout }) => stdout.includes('ready') || undefined);
      await new Promise((resolve) => setTimeout(resolve, 6000));
      assert.equal(program.stderr, '');
      program.stop();
      await program.ended;
    });

    for (const expected of stalls)
      it(`${expected.program} → ${expected.kind}, ${expected.cause}`, async () => {
        const program = begin(expected.program);
        await program.waitFor('it is ready', ({ stdout }) => stdout.includes('ready') || undefined);
        if (expected.program === 'the peer is gone') {
          wire.cut();
          process.kill(program.pid, 'SIGUSR2');
        }
        const total = expected.states.length;
        const found = await program.waitFor('its findings', ({ stdout }) => complete(stdout, total));
        program.stop();
        await program.ended;
        const [states, kinds] = [found.flatMap(({ sample }) => sample.map(({ state }) => state)), whats(found)];
        assert.deepEqual(kinds, [`${expected.kind} ${expected.cause}`], program.stderr);
        assert.deepEqual(states.toSorted(), expected.states);
        for (const { sample, confidence, subject } of found) {
          assert.equal(confidence, 'observed');
          assert.equal(subject.role, 'client');
          assert.ok(sample[0]?.call_site[0]?.includes(file), sample[0]?.call_site.join('\n'));
          if (expected.kind === 'stuck_write') assert.ok(sample.every(({ tx_queue }) => tx_queue > 0));
        }
      });
  });

const alone = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];

describe('5,000 busy connections: nothing is said', { skip: kernelNeeds || wireNeeds }, () => {
  for (const source of ['sock_diag', 'procfs'])
    it(`seen by ${source}`, async () => {
      const program = new Program(['--import', register, file, 'busy and well'], {
        env: { ...env, SYNFIN_SOURCES: source },
        under: alone,
        limitMs: 60_000,
      });
      await program.waitFor('it is ready', ({ stdout }) => stdout.includes('ready') || undefined);
      await new Promise((resolve) => setTimeout(resolve, 8000));
      program.stop();
      assert.equal((await program.ended).stderr, '');
    });
});

describe('connections that nobody accepts, at a listener that a child has inherited', {
  skip: kernelNeeds || wireNeeds,
  concurrency: 2,
}, () => {
  for (const source of ['sock_diag', 'procfs'])
    it(`${source} → close_wait_leak, not_accepted`, async () => {
      const program = new Program([file, 'nobody accepts', '', JSON.stringify({ register })], {
        env: { ...env, SYNFIN_SOURCES: source },
        under: alone,
        limitMs: 60_000,
      });
      const [finding] = await program.waitFor('its finding', ({ stdout }) => complete(stdout, 4));
      const [{ port } = { port: 0 }] = jsonLines<{ port: number }>(program.stdout).filter((line) => 'port' in line);
      program.stop();
      await program.ended;
      assert.deepEqual([finding?.kind, finding?.cause], ['close_wait_leak', 'not_accepted'], program.stderr);
      assert.deepEqual(finding?.subject, { role: 'server', listener: `127.0.0.1:${port}` });
      assert.ok(finding?.sample.every(({ state }) => state === 'close_wait'));
      assert.equal(jsonLines<Finding>(program.stderr).filter(({ status }) => status === 'raised').length, 1);
    });
});

/** What is open, once it counts so many connections together. */
function complete(stdout: string, count: number): readonly Finding[] | undefined {
  const open = jsonLines<{ open?: readonly Finding[] }>(stdout).findLast((line) => line.open)?.open ?? [];
  return open.reduce((sum, one) => sum + one.count, 0) === count ? open : undefined;
}

const whats = (found: readonly Finding[]) => [...new Set(found.map(({ kind, cause }) => `${kind} ${cause}`))];

function portsIn(stdout: string): string | undefined {
  const [said] = jsonLines<{ ports: object }>(stdout);
  return said && JSON.stringify(said.ports);
}
