import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cause, FindingKind } from '../../src/detectors/kinds.ts';
import { clientLeakSnippets, leakSnippets } from '../../src/explain/leak-snippets.ts';
import { snippetOf } from '../../src/explain/snippets.ts';
import type { Finding } from '../../src/index.ts';
import { jsonLines, kernelNeeds, Program, register } from './run.ts';
import { patched } from './snippet-patch.ts';

const env = {
  SYNFIN_FINDINGS: 'json',
  SYNFIN_INTERVAL_MS: '200',
  SYNFIN_CLOSE_WAIT_MS: '800',
  SYNFIN_UNREAD_MS: '1200',
  SYNFIN_FIN_WAIT_2_MS: '1500',
  SYNFIN_HANDSHAKE_MS: '1500',
  SYNFIN_STUCK_WRITE_MS: '1500',
};

/** Of each program, on a host that is busy with other things. */
const limitMs = 120_000;

/** What a snippet names and the program that it cures has not. */
const given = `import { pipeline } from 'node:stream';
const limitMs = 300;
const onEnd = () => {};
`;

interface Case {
  readonly file: string;
  /** Name of the program in the file, where it is not that of the cause. */
  readonly program?: string;
  readonly kind: FindingKind;
  readonly cause: Cause;
  readonly under?: readonly string[];
  /** States in which the kernel may still have what the program has given up. */
  readonly leftOver?: readonly string[];
}

const leak = (cause: Cause): Case => ({
  file: 'leaks.mjs',
  kind: cause === 'http_request_body_not_consumed' ? 'unread_data' : 'close_wait_leak',
  cause,
});

const leaks = [
  ...(Object.keys(leakSnippets) as Cause[]).map(leak),
  ...(Object.keys(clientLeakSnippets) as Cause[]).map((cause) => ({ ...leak(cause), program: `${cause} of a client` })),
];

const alone = [
  ...['unshare', '-n', 'sh', '-c'],
  'ip link set lo up && sysctl -qw net.ipv4.ip_local_port_range="20000 20199" net.ipv4.tcp_tw_reuse=0 && exec "$@"',
  'sh',
];

const reused = (cause: Cause): Case => ({ file: 'pools.mjs', kind: 'time_wait_buildup', cause, under: alone });

const stalls: readonly Case[] = [
  { file: 'stalls.mjs', kind: 'stuck_write', cause: 'peer_not_reading', leftOver: ['fin_wait_1'] },
  { file: 'stalls.mjs', kind: 'fin_wait_2_stall', cause: 'peer_keeps_open', leftOver: ['fin_wait_2'] },
  { file: 'stalls.mjs', kind: 'handshake_stall', cause: 'connect_no_answer' },
  { file: 'stalls.mjs', kind: 'keep_alive_race', cause: 'reused_after_fin' },
];

const pools: readonly Case[] = [
  ...(['no_keep_alive', 'connection_close', 'small_pool', 'short_keep_alive_timeout', 'closed_by_app'] as const).map(
    reused,
  ),
  { file: 'pools.mjs', kind: 'ephemeral_ports', cause: 'exhausted', under: alone },
  { file: 'pools.mjs', kind: 'idle_pile_up', cause: 'agent_per_request' },
];

describe('the snippet of a cause cures the program that has it', { skip: kernelNeeds, concurrency: 4 }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'synfin-cures-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  for (const one of [...leaks, ...stalls, ...pools])
    it(`${one.kind}, ${one.program ?? one.cause}`, { skip: one.under ? needsAlone() : false }, async () => {
      const sick = resolve('test/fixtures/cures', one.file);
      const began = performance.now();
      const found = await findingOf(sick, one);
      const tookMs = performance.now() - began;

      const snippet = snippetOf(found) ?? assert.fail('it has no snippet');
      const cured = join(directory, `${one.program ?? one.cause}.mjs`);
      writeFileSync(cured, given + patched(readFileSync(sick, 'utf8'), snippet));
      const left = await findingsIn(cured, one, Math.min(Math.max(4000, tookMs * 1.5), 30_000));
      const states = left.flatMap(({ sample }) => sample.map(({ state }) => state));
      assert.deepEqual(
        left.filter(() => !states.every((state) => one.leftOver?.includes(state))),
        [],
      );
    });
});

async function findingOf(file: string, { kind, cause, program: name = cause, under = [] }: Case): Promise<Finding> {
  const program = new Program(['--import', register, file, name], { env, under, limitMs });
  try {
    const isIt = (finding: Finding) => finding.kind === kind && finding.cause === cause;
    return await program.waitFor(`${kind}, ${cause}`, ({ stderr }) => jsonLines<Finding>(stderr).find(isIt));
  } finally {
    program.stop();
    await program.ended;
  }
}

/** What is told of a program for so long after it has done what it does. */
async function findingsIn(
  file: string,
  { cause, program: name = cause, under = [] }: Case,
  forMs: number,
): Promise<readonly Finding[]> {
  const program = new Program(['--import', register, file, name], { env, under, limitMs });
  try {
    await program.waitFor('it is ready', ({ stdout }) => stdout.includes('"ready"') || undefined);
    await sleep(forMs);
    assert.deepEqual(
      program.stderr.split('\n').filter((line) => !line.startsWith('{') && line !== ''),
      [],
    );
    return jsonLines<Finding>(program.stderr);
  } finally {
    program.stop();
    const { signal } = await program.ended;
    assert.equal(signal, 'SIGKILL', 'it was alive until then');
  }
}

function needsAlone(): string | false {
  const [file = '', ...args] = alone;
  const { status } = spawnSync(file, [...args, process.execPath, '-e', '']);
  return status === 0 ? false : 'needs root, unshare, ip and sysctl, for a network namespace';
}
