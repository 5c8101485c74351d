import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Fact } from '../../src/connection/host-fact.ts';
import { CounterFiles } from '../../src/host/counters.ts';
import { instant } from '../../src/tcp/identity.ts';

const files = {
  'net/sockstat': 'sockets: used 331\nTCP: inuse 5 orphan 0 tw 17 alloc 9 mem 0\n',
  'net/sockstat6': 'TCP6: inuse 4\n',
  'net/netstat': 'TcpExt: SyncookiesSent ListenOverflows ListenDrops TW\nTcpExt: 1 2 3 400\n',
  'sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  'sys/net/ipv4/ip_local_reserved_ports': '40000-40009\n',
  'sys/net/core/somaxconn': '4096\n',
  'sys/net/ipv4/tcp_tw_reuse': 'two\n',
};

describe('CounterFiles', () => {
  let procRoot = '';
  let time = 0;
  let facts: Fact[] = [];
  let part: CounterFiles;
  beforeEach(() => {
    procRoot = mkdtempSync(join(tmpdir(), 'synfin-proc-'));
    for (const place of ['net', 'sys/net/ipv4', 'sys/net/core']) mkdirSync(join(procRoot, place), { recursive: true });
    for (const [path, text] of Object.entries(files)) writeFileSync(join(procRoot, path), text);
    [time, facts] = [0, []];
    const now = () => instant(time);
    part = new CounterFiles({ procRoot, now, report: (said) => said.kind === 'host' && facts.push(said.fact) });
  });
  afterEach(() => rmSync(procRoot, { recursive: true }));

  it('both families in use; counters by the names of the kernel; settings as they are', async () => {
    await part.look();
    assert.deepEqual(facts, [
      {
        name: 'counters',
        values: { tw: 17, inuse: 9, SyncookiesSent: 1, ListenOverflows: 2, ListenDrops: 3, TW: 400 },
      },
      {
        name: 'sysctls',
        values: {
          firstPort: 32_768,
          lastPort: 60_999,
          reservedPorts: [{ first: 40_000, last: 40_009 }],
          // Not understood, or not there: not known.
          tcp_tw_reuse: undefined,
          tcp_max_tw_buckets: undefined,
          tcp_fin_timeout: undefined,
          somaxconn: 4096,
          tcp_max_syn_backlog: undefined,
          tcp_syncookies: undefined,
        },
      },
    ]);
  });

  it('settings again after a minute, counters at every look', async () => {
    for (time of [0, 30_000_000, 59_000_000, 60_000_000]) await part.look();
    assert.deepEqual(
      facts.map(({ name }) => name),
      ['counters', 'sysctls', 'counters', 'counters', 'counters', 'sysctls'],
    );
  });

  it('settings at once when a limit was met: it may be another one by then', async () => {
    await part.look();
    writeFileSync(join(procRoot, 'sys/net/core/somaxconn'), '10\n');
    for (const overflows of [2, 9, 9]) {
      time += 1_000_000;
      writeFileSync(join(procRoot, 'net/netstat'), `TcpExt: ListenOverflows TW\nTcpExt: ${overflows} ${time}\n`);
      await part.look();
    }
    const told = facts.map((fact) => (fact.name === 'sysctls' ? fact.values.somaxconn : fact.name));
    assert.deepEqual(told, ['counters', 4096, 'counters', 'counters', 10, 'counters']);
  });

  it('a host without these files → nothing is known, and nothing is 0', async () => {
    rmSync(join(procRoot, 'net'), { recursive: true });
    await part.look();
    assert.deepEqual(facts[0], { name: 'counters', values: {} });
  });
});
