import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SynfinError } from '../../../src/errors.ts';
import { parseNetstat, readNetstat, tcpExtCounters } from '../../../src/sources/proc/proc-net-netstat.ts';
import { parseSnmp, readSnmp } from '../../../src/sources/proc/proc-net-snmp.ts';
import { parseSockstat, readSockstat } from '../../../src/sources/proc/proc-net-sockstat.ts';
import { parseSysctl, readSysctl, type SysctlName, sysctls } from '../../../src/sources/proc/sysctl.ts';
import { procFixture } from './proc-fixture.ts';

const skip = process.platform === 'linux' ? false : 'needs Linux: there is no /proc elsewhere';

const bytes = (text: string) => Buffer.from(text, 'latin1');

function understood<Value>(value: Value | SynfinError | undefined): Value {
  assert.ok(value !== undefined && !(value instanceof SynfinError), value instanceof SynfinError ? value.message : '');
  return value;
}

describe('/proc/net/sockstat', () => {
  it('as captured: 28 sockets in use, two orphans, and three in TIME_WAIT or FIN_WAIT2 without owner', () => {
    const tcp = understood(parseSockstat(procFixture('sockstat'))).get('TCP');
    assert.deepEqual([tcp?.get('inuse'), tcp?.get('orphan'), tcp?.get('tw')], [28, 2, 3]);
  });

  it('sockstat6 has the same form', () => {
    assert.equal(
      understood(parseSockstat(procFixture('sockstat6')))
        .get('TCP6')
        ?.get('inuse'),
      4,
    );
  });

  it('a line that is none → the error quotes it', () => {
    const error = parseSockstat(bytes('sockets: used 3\nTCP: inuse \x1b[0m\n'));
    assert.ok(error instanceof SynfinError);
    assert.match(error.message, /sockstat.*"TCP: inuse \\x1b\[0m"/);
  });
});

describe('/proc/net/snmp and netstat', () => {
  it('as captured: the passive opens, the active opens, the connections that stand', () => {
    const tcp = understood(parseSnmp(procFixture('snmp'))).get('Tcp');
    assert.deepEqual([tcp?.get('MaxConn'), tcp?.get('ActiveOpens'), tcp?.get('PassiveOpens')], [-1, 13, 12]);
  });

  it('every counter of the table is in the captured file', () => {
    const extended = understood(parseNetstat(procFixture('netstat'))).get('TcpExt');
    for (const name of Object.keys(tcpExtCounters)) assert.ok((extended?.get(name) ?? -1) >= 0, name);
    assert.equal(extended?.get('TW'), 3);
  });

  it('names without values, values without names, one too many, a word for a number → the error quotes the line', () => {
    for (const text of ['Tcp: A B\nTcp: 1\n', 'Tcp: A\nUdp: 1\n', 'Tcp: A\nTcp: 1 2\n', 'Tcp: A\nTcp: one\n', 'Tcp\n'])
      assert.ok(parseSnmp(bytes(text)) instanceof SynfinError, text);
  });

  it('any file → counters or an error, never a crash; one named __proto__ is a counter like others', () => {
    const cut = fc
      .tuple(fc.constantFrom('snmp', 'netstat', 'sockstat'), fc.nat())
      .map(([name, seed]) => procFixture(name).subarray(0, seed % procFixture(name).length));
    fc.assert(
      fc.property(fc.oneof(cut, fc.uint8Array({ maxLength: 500 })), (file) => {
        for (const parse of [parseSnmp, parseNetstat, parseSockstat]) {
          const value = parse(file);
          assert.ok(value instanceof Map || value instanceof SynfinError);
        }
      }),
    );
    assert.equal(
      understood(parseSnmp(bytes('Tcp: __proto__\nTcp: 7\n')))
        .get('Tcp')
        ?.get('__proto__'),
      7,
    );
  });
});

describe('sysctls', () => {
  it('a number, a range of ports, a list of them', () => {
    assert.equal(parseSysctl('tcp_fin_timeout', bytes('60\n')), 60);
    assert.deepEqual(parseSysctl('ip_local_port_range', bytes('32768\t60999\n')), { first: 32_768, last: 60_999 });
    assert.deepEqual(parseSysctl('ip_local_reserved_ports', bytes('8080,9148-9150\n')), [
      { first: 8080, last: 8080 },
      { first: 9148, last: 9150 },
    ]);
    assert.deepEqual(parseSysctl('ip_local_reserved_ports', bytes('\n')), []);
  });

  it('what is none → the error names the sysctl and quotes the text', () => {
    for (const [name, text] of [
      ['tcp_fin_timeout', 'sixty'],
      ['ip_local_port_range', '60999 32768'],
      ['ip_local_port_range', '1 2 3'],
      ['ip_local_reserved_ports', '1-2-3'],
      ['ip_local_reserved_ports', '70000'],
    ] as const) {
      const error = parseSysctl(name, bytes(text));
      assert.ok(error instanceof SynfinError && error.message.includes(name) && error.message.includes(text), text);
    }
  });

  it('any bytes → a value or an error, never a crash', () => {
    const names = Object.keys(sysctls) as SysctlName[];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 40 }), (name, text) => {
        assert.notEqual(parseSysctl(name, text), undefined);
      }),
    );
  });

  it('absent → undefined', async () => {
    assert.equal(await readSysctl('/nowhere', 'tcp_tw_reuse_delay'), undefined);
    assert.equal(await readSockstat('/nowhere'), undefined);
  });
});

describe('the real /proc', { skip }, () => {
  it('is understood: counters, and every sysctl that this kernel has', async () => {
    assert.ok(
      (understood(await readSockstat('/proc'))
        .get('TCP')
        ?.get('inuse') ?? -1) >= 0,
    );
    assert.ok(
      (understood(await readSnmp('/proc'))
        .get('Tcp')
        ?.get('ActiveOpens') ?? -1) >= 0,
    );
    assert.ok(
      (understood(await readNetstat('/proc'))
        .get('TcpExt')
        ?.get('ListenDrops') ?? -1) >= 0,
    );
    for (const name of Object.keys(sysctls) as SysctlName[])
      assert.ok(!((await readSysctl('/proc', name)) instanceof SynfinError), name);
    assert.ok(understood(await readSysctl('/proc', 'ip_local_port_range')).first > 0);
  });
});
