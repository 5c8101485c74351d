import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../src/index.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

const file = fixture('time-waits.mjs');
const env = { SYNFIN_FINDINGS: 'json', SYNFIN_INTERVAL_MS: '200' };

/** A network namespace of 200 ephemeral ports, none of which is taken again before its minute is over. */
const settings = ['ip link set lo up', 'sysctl -qw net.ipv4.ip_local_port_range="20000 20199" net.ipv4.tcp_tw_reuse=0'];
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];

function inNamespace(as: readonly string[] = [], more: readonly string[] = []): string[] {
  return ['unshare', '-n', 'sh', '-c', `${[...settings, ...more].join(' && ')} && exec "$@"`, 'sh', ...as];
}

function needs(command: readonly string[], what: string): string | false {
  const [file = '', ...args] = command;
  const { status } = spawnSync(file, [...args, process.execPath, '-e', `require('fs').accessSync('${register}')`]);
  return status === 0 ? false : `needs ${what}`;
}

const skip = kernelNeeds || needs(inNamespace(), 'root, unshare, ip and sysctl, for a network namespace');
const skipNobody = skip || needs(inNamespace(asNobody), 'setpriv, and a checkout that user 65534 may read');

/** What each program does, on the line of which function. */
const causes: readonly [program: string, frame: string][] = [
  ['no_keep_alive', 'wasteful'],
  ['connection_close', 'oldFashioned'],
  ['small_pool', 'crowded'],
  ['short_keep_alive_timeout', 'briefly'],
  ['aborted_requests', 'impatient'],
  ['closed_by_app', 'healthCheck'],
];

const isOurs = ({ kind }: Finding) => kind === 'time_wait_buildup';

async function findingOf(name: string, under: readonly string[], sources: string): Promise<Finding> {
  const options = { env: { ...env, SYNFIN_SOURCES: sources }, under, limitMs: 60_000 };
  const program = new Program(['--import', register, file, name], options);
  try {
    return await program.waitFor('its finding', ({ stderr }) => jsonLines<Finding>(stderr).find(isOurs));
  } finally {
    program.stop();
    await program.ended;
  }
}

/** What it has been told of TIME_WAITs some looks after it was done, and how many there were. */
async function quiet(name: string, sources: string): Promise<{ timeWaits: number; told: readonly Finding[] }> {
  const options = { env: { ...env, SYNFIN_SOURCES: sources }, under: inNamespace(), limitMs: 60_000 };
  const program = new Program(['--import', register, file, name], options);
  try {
    const said = ({ stdout }: Program) => jsonLines<{ timeWaits: number }>(stdout)[0];
    const { timeWaits } = await program.waitFor('its end', said);
    await sleep(2000);
    return { timeWaits, told: jsonLines<Finding>(program.stderr).filter(isOurs) };
  } finally {
    program.stop();
    await program.ended;
  }
}

function assertClients(finding: Finding, cause: string, frame: string): void {
  const { subject, sample, count } = finding;
  assert.deepEqual([finding.cause, finding.confidence], [cause, 'observed']);
  assert.ok(count >= 100, `${count}`);
  assert.equal(subject.role, 'client');
  assert.deepEqual([subject.destination, subject.local_address], ['127.0.0.1:5000', '127.0.0.1']);
  assert.equal(subject.limit, 200);
  assert.ok((subject.own ?? 0) * 2 > count && (subject.own ?? 0) <= count, `${subject.own} of ${count}`);
  assert.ok((subject.per_second ?? 0) > 1, `${subject.per_second}`);
  assert.deepEqual(subject.kernel, { ip_local_port_range: '20000-20199', tcp_tw_reuse: 0 });
  assert.equal(sample[0]?.state, 'time_wait');
  assert.equal(sample[0]?.peer, '127.0.0.1:5000');
  assert.ok(sample[0]?.call_site[0]?.startsWith(`${frame} (${file}:`), sample[0]?.call_site.join('\n'));
}

describe('TIME_WAITs of a client, by whose line, and why', { skip, concurrency: 2 }, () => {
  for (const sources of ['sock_diag', 'procfs'])
    for (const [cause, frame] of causes)
      it(`${cause}, ${sources}`, async () =>
        assertClients(await findingOf(cause, inNamespace(), sources), cause, frame));

  for (const sources of ['sock_diag', 'procfs'])
    it(`without privileges, ${sources}`, { skip: skipNobody }, async () =>
      assertClients(await findingOf('closed_by_app', inNamespace(asNobody), sources), 'closed_by_app', 'healthCheck'),
    );
});

describe('TIME_WAITs of a server', { skip, concurrency: 2 }, () => {
  const few = inNamespace([], ['sysctl -qw net.ipv4.tcp_max_tw_buckets=200']);

  for (const sources of ['sock_diag', 'procfs'])
    it(`it hangs up on idle connections, ${sources} → its share of those that the kernel keeps`, async () => {
      const { cause, subject, sample } = await findingOf('a server that hangs up', few, sources);
      assert.equal(cause, 'short_keep_alive_timeout');
      assert.deepEqual([subject.role, subject.limit], ['server', 200]);
      assert.match(subject.listener ?? '', /:5000$/);
      assert.deepEqual(subject.kernel, { tcp_max_tw_buckets: 200 });
      assert.ok(sample[0]?.call_site[0]?.startsWith(`listening (${file}:`), sample[0]?.call_site.join('\n'));
    });
});

describe('connections that a full server drops', { skip, concurrency: 2 }, () => {
  const few = inNamespace([], ['sysctl -qw net.ipv4.tcp_max_tw_buckets=100']);

  for (const sources of ['sock_diag', 'procfs'])
    it(`no JavaScript socket had them, ${sources} → max_connections_drop, from the line of listen()`, async () => {
      const { cause, subject, sample, count } = await findingOf('a server that is full', few, sources);
      assert.equal(cause, 'max_connections_drop');
      assert.deepEqual([subject.role, subject.listener, subject.own], ['server', '127.0.0.1:5000', count]);
      assert.ok(sample[0]?.call_site[0]?.startsWith(`listening (${file}:`), sample[0]?.call_site.join('\n'));
    });
});

describe('no finding', { skip, concurrency: 2 }, () => {
  for (const sources of ['sock_diag', 'procfs']) {
    it(`keep-alive under load, ${sources}`, async () => {
      const { told } = await quiet('keep-alive under load', sources);
      assert.deepEqual(told, []);
    });

    it(`most of them another process's, ${sources}`, async () => {
      const { told, timeWaits } = await quiet('another process', sources);
      assert.ok(timeWaits >= 100, `${timeWaits}`);
      assert.deepEqual(told, []);
    });
  }
});
