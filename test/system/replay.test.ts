import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { replayCommand } from '../../src/replay/command.ts';
import { inNamespace, namespaceNeeds } from './namespace.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

const directory = mkdtempSync(join(tmpdir(), 'synfin-replay-'));
after(() => rmSync(directory, { recursive: true }));

/** What is told of a recording, as `npm run replay` tells it. */
async function replayed(...files: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const ports = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), width: 100 };
  const code = await replayCommand(['--json', ...files], ports);
  return { code, findings: jsonLines<Finding>(out.join('')), err: err.join('') };
}

const env = {
  SYNFIN_FINDINGS: 'json',
  SYNFIN_INTERVAL_MS: '200',
  SYNFIN_CLOSE_WAIT_MS: '800',
  SYNFIN_UNREAD_MS: '1200',
};

let count = 0;
const newFile = () => join(directory, `${++count}.ndjson`);

/** The names of all the parts of a recording. */
const partsOf = (file: string) =>
  readdirSync(directory)
    .map((name) => join(directory, name))
    .filter((name) => name.startsWith(file));

const findingsIn = (stderr: string) => jsonLines<Finding>(stderr).filter(({ kind }) => kind !== undefined);

interface Trouble {
  readonly name: string;
  readonly args: readonly string[];
  readonly kind: Finding['kind'];
  readonly env?: Readonly<Record<string, string>>;
  readonly under?: readonly string[];
  readonly skip?: string | false;
  readonly only?: string;
}

const wire = { SYNFIN_INTERVAL_MS: '500' };
const leaks = fixture('leaks.mjs');
const troubles: readonly Trouble[] = [
  { name: 'a paused socket', args: [leaks, 'a paused socket'], kind: 'close_wait_leak' },
  { name: 'a half-open socket', args: [leaks, 'a half-open socket'], kind: 'close_wait_leak' },
  { name: 'a body that nobody reads', args: [leaks, 'a fetch body of 150 kB'], kind: 'close_wait_leak' },
  { name: 'a large one, without its end', args: [leaks, 'a fetch body of 3 MB'], kind: 'unread_data' },
  {
    name: 'with traces, and with what is ignored',
    args: [leaks, "an exporter's, an ignored one, and one like them"],
    kind: 'close_wait_leak',
    env: { SYNFIN_IGNORE: '127.0.0.9' },
  },
  {
    name: 'keep-alive races',
    args: [fixture('keep-alive.mjs'), 'a blocked loop', 'http'],
    kind: 'keep_alive_race',
    env: { FOR_MS: '60000', SYNFIN_INTERVAL_MS: '100' },
    // Who gave up first only the kernel's own count tells.
    only: 'sock_diag',
  },
  {
    name: 'TIME_WAITs',
    args: [fixture('time-waits.mjs'), 'no_keep_alive'],
    kind: 'time_wait_buildup',
    under: inNamespace(
      'ip link set lo up',
      'sysctl -qw net.ipv4.ip_local_port_range="20000 20199" net.ipv4.tcp_tw_reuse=0',
    ),
    skip: namespaceNeeds,
  },
  {
    name: 'a full accept queue',
    args: [fixture('queues.mjs'), 'idle', '10'],
    kind: 'accept_queue',
    env: wire,
    under: inNamespace('ip link set lo up'),
    skip: namespaceNeeds,
  },
];

/**
 * A program that is ended from outside, by SIGKILL, has told of more than is in its recording, by a fifth of a second at
 * most: what it told up to there is the same.
 */
describe('what was recorded is found again', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const sources of ['sock_diag', 'procfs'])
    for (const { name, args, kind, under = [], skip = false, ...more } of troubles.filter(isSeenBy(sources)))
      it(`${name}, seen by ${sources}`, { skip }, async () => {
        const record = newFile();
        const options = { ...env, ...more.env, SYNFIN_SOURCES: sources, SYNFIN_RECORD: record };
        const program = new Program(['--import', register, ...args], { env: options, under, limitMs: 90_000 });
        await program.waitFor(kind, ({ stderr }) => findingsIn(stderr).find((finding) => finding.kind === kind));
        await recorded(record, kind);
        program.stop();
        const live = findingsIn((await program.ended).stderr);
        const { findings, code, err } = await replayed(record);
        assert.deepEqual(findings, live.slice(0, findings.length));
        assert.ok(findings.some((finding) => finding.kind === kind));
        assert.equal(code, 1);
        assert.ok(err === '' || err.includes('cut off'), err);
      });

  it('raised, changed and cleared, of a program that ends by itself: all of it', async () => {
    const record = newFile();
    const program = new Program(['--import', register, leaks, 'a pause that ends'], {
      env: { ...env, SYNFIN_RECORD: record },
      limitMs: 60_000,
    });
    const { code, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    const live = findingsIn(stderr);
    assert.deepEqual([live[0]?.status, live.at(-1)?.status], ['raised', 'cleared']);
    assert.deepEqual(await replayed(record), { code: 1, findings: live, err: '' });
  });

  it('nothing, of a program that is well', async () => {
    const record = newFile();
    const args = ['--import', register, leaks, 'a keep-alive pool'];
    const { code, stderr } = await new Program(args, { env: { ...env, SYNFIN_RECORD: record } }).ended;
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(await replayed(record), { code: 0, findings: [], err: '' });
    assert.match(readFileSync(record, 'utf8'), /"name":"look"/, 'it was looked at');
  });

  it('with pseudonyms: the same but for names and addresses', async () => {
    const record = newFile();
    const options = { ...env, SYNFIN_RECORD: record, SYNFIN_RECORD_PSEUDONYMS: 'true', SYNFIN_IGNORE: '127.0.0.8/29' };
    const args = ['--import', register, leaks, "an exporter's, an ignored one, and one like them"];
    const program = new Program(args, { env: options });
    await program.waitFor('its finding', ({ stderr }) => findingsIn(stderr)[0]);
    await recorded(record, 'close_wait_leak');
    program.stop();
    const live = findingsIn((await program.ended).stderr);
    const { findings } = await replayed(record);
    assert.ok(findings.length > 0);
    assert.deepEqual(findings.map(unnamed), live.slice(0, findings.length).map(unnamed));
    assert.ok(!readFileSync(record, 'utf8').includes('/report'), 'the path of the request is another');
  });

  it('of each worker of a cluster, from its own file', async () => {
    const record = newFile();
    const program = new Program(['--import', register, fixture('cluster-leak.mjs')], {
      env: { ...env, SYNFIN_RECORD: record },
      limitMs: 60_000,
    });
    const { stderr } = await program.ended;
    const files = partsOf(record.slice(0, -'.ndjson'.length)).filter((name) => /\/\d+(\.\d+)?\.ndjson$/.test(name));
    // The primary has no sockets of its own.
    assert.ok(files.length >= 2, files.join());
    const byFile = await Promise.all(files.map((file) => replayed(file)));
    const live = findingsIn(stderr);
    assert.deepEqual(byFile.flatMap(({ findings }) => findings).toSorted(byId), live.toSorted(byId));
    assert.equal(live.length, 2);
  });
});

describe('a recording in parts', { skip: kernelNeeds, concurrency: 2 }, () => {
  async function rotated(bytes: number, keep: number, lastPart: number) {
    const record = newFile();
    const { code, stderr } = await new Program([fixture('rotated.mjs'), record, `${bytes}`, `${keep}`, `${lastPart}`], {
      limitMs: 90_000,
    }).ended;
    assert.equal(code, 0, stderr);
    return { live: findingsIn(stderr), parts: partsOf(record), record };
  }

  it('all of them, in any order: the same findings', async () => {
    const { live, parts } = await rotated(30_000, 1000, 6);
    assert.ok(parts.length > 3, parts.join());
    assert.ok(live.length > 0);
    assert.deepEqual(await replayed(...parts.toReversed()), { code: 1, findings: live, err: '' });
  });

  it('the first ones are gone: the same connections, since the same time', async () => {
    const { live, parts } = await rotated(100_000, 2, 5);
    assert.equal(parts.length, 3);
    const { findings, err } = await replayed(...parts);
    assert.match(err, /without the ones before it/);
    const facts = ({ kind, cause, count, since, sample }: Finding) => ({
      ...{ kind, cause, count, since },
      sample: sample.map(({ connection_id, call_site, peer }) => [connection_id, call_site, peer]).toSorted(),
    });
    const [before, again] = [live.at(-1), findings.at(-1)];
    assert.ok(before && again);
    const { since: one, ...rest } = facts(before);
    const { since: other, ...same } = facts(again);
    assert.deepEqual(same, rest);
    // It is worked out of an age, at different looks.
    assert.ok(Math.abs(Date.parse(one) - Date.parse(other)) <= 100, `${one} ${other}`);
  });
});

function isSeenBy(sources: string): (trouble: Trouble) => boolean {
  return ({ only = sources }) => only === sources;
}

/** Waits until a finding of this kind is in the recording. */
async function recorded(file: string, kind: Finding['kind']): Promise<void> {
  for (;;) {
    const { findings } = await replayed(file).catch(() => ({ findings: [] }));
    if (findings.some((finding) => finding.kind === kind)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

const byId = (one: Finding, other: Finding) => one.id.localeCompare(other.id);

/** Without what names somebody: addresses, and what words are made of them. */
function unnamed(finding: Finding): unknown {
  const { subject, sample, message, ...rest } = finding;
  const { destination, listener, local_address, request, ...about } = subject;
  const ports = sample.map(({ local, peer, ...one }) => ({ ...one, ports: [local, peer].map(portOf) }));
  return {
    ...rest,
    about,
    ports,
    has: [destination, listener, local_address, request].map((text) => text !== undefined),
  };
}

const portOf = (end: string | null) => end?.split(':').at(-1);
