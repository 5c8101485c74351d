import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { ExplainedFinding } from '../../src/explain/explain.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

type Step = Readonly<Record<string, number | string | boolean | readonly number[]>>;

interface Namespace {
  readonly ports?: number;
  readonly reuse?: number;
  readonly sources?: string;
  readonly under?: readonly string[];
  readonly limitMs?: number;
}

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
const skip =
  kernelNeeds ||
  (process.getuid?.() === 0 ? false : 'needs root') ||
  (spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0 ? false : 'needs unshare -n, and ip');

/** A program that takes these steps in a network namespace of its own, whose kernel gives away so many ports. */
function taking(steps: readonly Step[], { ports = 16, reuse = 0, under = [], ...rest }: Namespace = {}): Program {
  const addresses = ['10.99.0.1', '10.99.0.2'].map((address) => `ip addr add ${address}/32 dev lo`);
  const settings = [
    `echo "40000 ${40_000 + ports - 1}" > /proc/sys/net/ipv4/ip_local_port_range`,
    `echo ${reuse} > /proc/sys/net/ipv4/tcp_tw_reuse`,
  ];
  const setUp = ['ip link set lo up', ...addresses, ...settings, 'exec "$0" "$@"'].join(' && ');
  const plan = JSON.stringify([{ listen: [8001, 8002] }, ...steps]);
  return new Program(['--import', register, fixture('ports.mjs'), plan], {
    env: { SYNFIN_FINDINGS: 'json', SYNFIN_INTERVAL_MS: '200', SYNFIN_SOURCES: rest.sources ?? 'sock_diag' },
    under: ['unshare', '-n', 'sh', '-c', setUp, ...under],
    limitMs: rest.limitMs ?? 30_000,
  });
}

const findings = ({ stderr }: { readonly stderr: string }) =>
  jsonLines<ExplainedFinding>(stderr).filter(({ kind }) => kind === 'ephemeral_ports');

const steps = ({ stdout }: { readonly stdout: string }) => jsonLines<Readonly<Record<string, number>>>(stdout);

function next(program: Program, what: string, is: (finding: ExplainedFinding) => boolean): Promise<ExplainedFinding> {
  return program.waitFor(what, (said) => findings(said).find(is));
}

/** The line of ports.mjs on which connections are opened. */
const line =
  readFileSync(fixture('ports.mjs'), 'utf8')
    .split('\n')
    .findIndex((text) => text.includes('net.connect(')) + 1;

const forever = { wait: 60_000 };

describe('the ports towards one destination are used up', { skip }, () => {
  const ways: readonly [string, Namespace][] = [
    ['sock_diag', { sources: 'sock_diag' }],
    ['procfs', { sources: 'procfs' }],
    ['sock_diag, as user 65534', { sources: 'sock_diag', under: nobody }],
    ['procfs, as user 65534', { sources: 'procfs', under: nobody }],
  ];
  for (const [name, namespace] of ways) {
    it(`by ${name}: told with the line, the numbers and what to do; the other destination works, and is in no finding`, async () => {
      const program = taking([{ open: 18, port: 8001 }, { open: 3, port: 8002 }, forever], namespace);
      const finding = await next(program, 'it was told', ({ status }) => status === 'raised');
      program.stop();
      const [, first, second] = steps(program);
      assert.deepEqual([first?.connected, first?.EADDRNOTAVAIL, second?.connected], [16, 2, 3]);
      assert.deepEqual([finding.cause, finding.severity, finding.count], ['exhausted', 'critical', 16]);
      const { destination, limit, share, time_waits, failures } = finding.subject;
      assert.deepEqual(
        { destination, limit, share, time_waits, failures },
        { destination: '10.99.0.2:8001', limit: 16, share: 1, time_waits: 0, failures: 2 },
      );
      const [attempt] = finding.sample;
      assert.ok(attempt?.call_site[0]?.includes(`ports.mjs:${line}:`), JSON.stringify(attempt));
      assert.deepEqual([attempt?.state, attempt?.peer], ['closed', '10.99.0.2:8001']);
      assert.match(finding.message, /16 of 16 ports.*failed 2 times.*None of the ports is in TIME_WAIT.*40000-40015/);
      assert.equal(findings(program).length, 1);
    });
  }

  for (const way of ['http', 'fetch'])
    it(`by TIME_WAITs, and seen by ${way}: the advice is to use connections again`, async () => {
      const program = taking([{ use: 16, port: 8001 }, { use: 3, way, port: 8001 }, forever]);
      const finding = await next(program, 'it was told', ({ status }) => status === 'raised');
      program.stop();
      assert.equal(steps(program)[2]?.EADDRNOTAVAIL, 3);
      assert.deepEqual([finding.cause, finding.count, finding.subject.time_waits], ['exhausted', 16, 16]);
      assert.match(finding.advice, /keepAlive: true.*tcp_tw_reuse=1/);
    });

  it('ends → cleared once', async () => {
    const program = taking([{ open: 18, port: 8001 }, { wait: 1500 }, { drop: true }, forever]);
    await next(program, 'it was cleared', ({ status }) => status === 'cleared');
    program.stop();
    const stages = findings(program).map(({ status, count }) => `${status} ${count}`);
    assert.deepEqual([stages[0], stages.at(-1)], ['raised 16', 'cleared 0']);
    assert.equal(new Set(findings(program).map(({ id }) => id)).size, 1);
  });
});

describe('the ports fill slowly', { skip }, () => {
  it('by TIME_WAITs: forecast before connect() fails, and the same finding when it does', async () => {
    const program = taking([{ use: 100, port: 8001, pauseMs: 200 }, { use: 5, port: 8001 }, forever], {
      ports: 80,
      limitMs: 60_000,
    });
    const forecast = await next(program, 'a forecast', ({ cause }) => cause === 'forecast');
    assert.equal(steps(program).length, 1, 'connect() has not failed yet');
    assert.ok(forecast.count >= 40 && forecast.count < 80, `${forecast.count}`);
    assert.ok(forecast.forecast && forecast.forecast.reached_in_s > 0 && forecast.forecast.reached_in_s < 60);
    assert.equal(forecast.severity, 'critical');
    const exhausted = await next(program, 'the ports were used up', ({ cause }) => cause === 'exhausted');
    program.stop();
    assert.deepEqual([exhausted.id, exhausted.status], [forecast.id, 'changed']);
  });
});

describe('pooled by bind()', { skip }, () => {
  it('a localAddress has one pool for all destinations: told of the address, with what to change', async () => {
    const local = { localAddress: '10.99.0.1' };
    const program = taking([{ open: 10, port: 8001, ...local }, { open: 10, port: 8002, ...local }, forever]);
    const finding = await next(program, 'it was told', ({ status }) => status === 'raised');
    program.stop();
    assert.equal(steps(program)[2]?.EADDRINUSE, 4);
    const { destination, local_address, pooled_bind, failures } = finding.subject;
    assert.deepEqual(
      { cause: finding.cause, count: finding.count, destination, local_address, pooled_bind, failures },
      {
        ...{ cause: 'exhausted', count: 16, destination: undefined },
        local_address: '10.99.0.1',
        pooled_bind: true,
        failures: 4,
      },
    );
    assert.equal(findings(program).length, 1);
    assert.match(finding.message, /bind\(address, 0\)/);
    assert.match(finding.advice, /localAddress/);
    assert.ok(finding.sample[0]?.call_site[0]?.includes(`ports.mjs:${line}:`));
  });
});

describe('healthy', { skip }, () => {
  const quiet: readonly [string, readonly Step[], Namespace][] = [
    [
      'a service that uses 30 % of the ports',
      [
        { open: 30, port: 8001 },
        { use: 5, port: 8001, pauseMs: 300 },
      ],
      { ports: 100 },
    ],
    ['a local address that is not of this host', [{ open: 20, port: 8001, localAddress: '10.77.0.1' }], {}],
    ['a port that the application names, and that is taken', [{ open: 3, port: 8001, localPort: 5555 }], {}],
    ['IPv6 without an address to go from', [{ open: 3, port: 8001, host: '2001:db8::1' }], {}],
    ['TIME_WAITs whose ports are used again (tcp_tw_reuse=1)', [{ use: 40, port: 8001, pauseMs: 120 }], { reuse: 1 }],
  ];
  for (const [name, taken, namespace] of quiet)
    it(`${name} → none`, async () => {
      const { stderr, stdout } = await taking([...taken, { wait: 1500 }], namespace).ended;
      assert.equal(steps({ stdout }).length, taken.length + 2, stderr);
      assert.deepEqual(findings({ stderr }), []);
    });
});
