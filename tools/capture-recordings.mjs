// npm run capture: records small programs in trouble anew, each with the findings that it was told of, for
// test/replay/captured.test.ts. Needs Linux and root: each runs in a network namespace of its own, with nobody else there.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replayCommand } from '../dist/replay.js';

const apps = resolve('test/fixtures/apps');
const to = resolve('test/fixtures/recordings');
/** Call sites name the files from here. */
const directory = '/tmp/app';

const fewPorts = 'sysctl -qw net.ipv4.ip_local_port_range="20000 20199" net.ipv4.tcp_tw_reuse=0';
const nobodyThere = [
  'ip link add v0 type veth peer name v1',
  'ip addr add 10.77.0.1/24 dev v0',
  'ip link set v0 up && ip link set v1 up',
  'ip neigh add 10.77.0.3 lladdr 02:00:00:00:00:99 dev v0 nud permanent',
].join(' && ');
const small = 'recorded.mjs';

/** Name of the recording, of the program and what it takes, and what it is told of. */
const captured = [
  { name: 'paused', kind: 'close_wait_leak', args: [small, 'paused'] },
  { name: 'half-open', kind: 'close_wait_leak', args: [small, 'half-open'] },
  { name: 'http-response', kind: 'close_wait_leak', args: [small, 'http-response'] },
  { name: 'fin-wait-2', kind: 'fin_wait_2_stall', args: [small, 'fin-wait-2'] },
  { name: 'stuck-write', kind: 'stuck_write', args: [small, 'stuck-write'] },
  { name: 'handshake', kind: 'handshake_stall', args: [small, 'handshake'], setUp: nobodyThere },
  { name: 'time-waits', kind: 'time_wait_buildup', args: ['time-waits.mjs', 'no_keep_alive'], setUp: fewPorts },
  { name: 'accept-queue', kind: 'accept_queue', args: ['queues.mjs', 'idle', '10'] },
  { name: 'keep-alive-race', kind: 'keep_alive_race', args: ['keep-alive.mjs', 'a blocked loop', 'http'] },
];

const env = {
  PATH: process.env.PATH,
  SYNFIN_FINDINGS: 'json',
  SYNFIN_INTERVAL_MS: '500',
  SYNFIN_CLOSE_WAIT_MS: '1000',
  SYNFIN_UNREAD_MS: '30000',
  SYNFIN_FIN_WAIT_2_MS: '1000',
  SYNFIN_HANDSHAKE_MS: '1200',
  SYNFIN_STUCK_WRITE_MS: '1500',
  SYNFIN_CPU_BUDGET: '1',
  FOR_MS: '60000',
};

const lines = (text) => text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));

async function replayed(file) {
  const out = [];
  await replayCommand(['--json', file], { out: (text) => out.push(text), err: () => {}, width: 100 });
  return out.join('');
}

/** From so many bytes on, without the connections by which nothing is judged: hundreds that came and went. */
const large = 60_000;

async function thinned(record, recorded) {
  if (recorded.join().length < large) return recorded;
  const rest = recorded.filter((line) => JSON.parse(line).kind !== 'socket_event');
  const before = await replayed(record);
  writeFileSync(record, `${rest.join('\n')}\n`);
  return (await replayed(record)) === before ? rest : recorded;
}

async function capture({ name, kind, args: [program, ...args], setUp = 'true' }) {
  const record = join(directory, `${name}.ndjson`);
  rmSync(record, { force: true });
  for (const file of [program, 'localhost.pem']) copyFileSync(join(apps, file), join(directory, file));
  const command = `ip link set lo up && ${setUp} && exec "$0" "$@"`;
  const node = [process.execPath, '--import', resolve('dist/register.js'), join(directory, program), ...args];
  const child = spawn('unshare', ['-n', 'sh', '-c', command, ...node], {
    env: { ...env, SYNFIN_RECORD: record },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const until = Date.now() + 60_000;
  while (!existsSync(record) || !(await replayed(record)).includes(kind)) {
    if (Date.now() > until) throw new Error(`${name}: no ${kind} within a minute\n${stderr}`);
    await sleep(50);
  }
  // Its peer, too: both are of one group, which is ours.
  process.kill(-child.pid, 'SIGKILL');
  await new Promise((done) => child.once('close', done));
  const recorded = lines(readFileSync(record, 'utf8'));
  // Which boot of which host it was is nobody's business.
  const { writer, ...header } = JSON.parse(recorded[0]);
  const kept = await thinned(record, [JSON.stringify(header), ...recorded.slice(1)]);
  writeFileSync(join(to, `${name}.ndjson`), `${kept.join('\n')}\n`);
  const told = lines(stderr).map((line) => JSON.parse(line));
  const count = lines(await replayed(record)).length;
  // Words change; what they say does not.
  const findings = told.slice(0, count).map(({ message, advice, snippet, ...finding }) => finding);
  writeFileSync(join(to, `${name}.findings.json`), `${JSON.stringify(findings, undefined, 2)}\n`);
  console.log(
    `${name}: ${kept.length} lines, ${findings.map((finding) => `${finding.kind} ${finding.cause}`).join(', ')}`,
  );
}

mkdirSync(directory, { recursive: true });
mkdirSync(to, { recursive: true });
const only = process.argv.slice(2);
for (const one of captured) if (only.length === 0 || only.includes(one.name)) await capture(one);
