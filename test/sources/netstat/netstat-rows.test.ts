import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Row } from '../../../src/connection/observation.ts';
import { NotSupportedError } from '../../../src/errors.ts';
import { rowFrom } from '../../../src/sources/netstat/netstat-rows.ts';
import { dialectOf, withBrackets } from '../../../src/sources/netstat/node-netstat.ts';
import { formatEndpoint } from '../../../src/tcp/endpoint.ts';
import { instant } from '../../../src/tcp/identity.ts';

type Platform = 'linux' | 'darwin' | 'win32';

const read = (platform: Platform, line: string) => rowFrom(line, dialectOf(platform).parse, instant(1));

/** `state local peer` */
function said(row: Row | string | undefined): string | undefined {
  if (typeof row !== 'object' || row.id.tuple === undefined) return row as string | undefined;
  return `${row.state} ${formatEndpoint(row.id.tuple.local)} ${formatEndpoint(row.id.tuple.peer)}`;
}

/**
 * Linux: net-tools 2.10, as it printed them. macOS and Windows: from the package's own tests, and as those systems'
 * manuals and forums show them; nobody has run these here.
 */
const lines: readonly [Platform, string, string | undefined][] = [
  ['linux', 'Proto Recv-Q Send-Q Local Address           Foreign Address         State      ', undefined],
  [
    'linux',
    'tcp        0      0 0.0.0.0:2024            0.0.0.0:*               LISTEN     ',
    'listen 0.0.0.0:2024 0.0.0.0:0',
  ],
  [
    'linux',
    'tcp        4      0 127.0.0.1:40003         127.0.0.1:39433         CLOSE_WAIT ',
    'close_wait 127.0.0.1:40003 127.0.0.1:39433',
  ],
  [
    'linux',
    'tcp        0      0 10.1.0.1:40007          10.1.0.99:5555          SYN_RECV   ',
    'syn_received 10.1.0.1:40007 10.1.0.99:5555',
  ],
  [
    'linux',
    'tcp6       0      0 :::50001                :::*                    LISTEN     ',
    'listen [::]:50001 [::]:0',
  ],
  [
    'linux',
    'tcp6       0      0 ::1:50001               ::1:55824               FIN_WAIT2  ',
    'fin_wait_2 [::1]:50001 [::1]:55824',
  ],
  [
    'linux',
    'tcp6       1      0 127.0.0.1:50001         127.0.0.1:51028         CLOSE_WAIT ',
    'close_wait 127.0.0.1:50001 127.0.0.1:51028',
  ],
  ['linux', 'udp        0      0 127.0.0.53:53           0.0.0.0:*                          ', undefined],
  [
    'linux',
    'tcp        0      0 2.2.5.144:35507    1.2.3.4:80      ESTABLISHED 7777/foo',
    'established 2.2.5.144:35507 1.2.3.4:80',
  ],
  [
    'darwin',
    'tcp4       0      0  10.59.107.171.55383    17.146.1.14.443        ESTABLISHED 262144 131400    312      0',
    'established 10.59.107.171:55383 17.146.1.14:443',
  ],
  [
    'darwin',
    'tcp6       0      0  ::1.8080               ::1.50123              CLOSE_WAIT  407295 146988    312      0',
    'close_wait [::1]:8080 [::1]:50123',
  ],
  [
    'darwin',
    'tcp6       0      0  fe80::1%lo0.8080       fe80::1%lo0.50123      TIME_WAIT   407295 146988    312      0',
    'time_wait [fe80::1]:8080 [fe80::1]:50123',
  ],
  [
    'darwin',
    'tcp4       0      0  *.8080                 *.*                    LISTEN      131072 131072    312      0',
    'listen 0.0.0.0:0 0.0.0.0:0',
  ],
  [
    'darwin',
    'tcp46      0      0  ::ffff:10.0.0.7.8080   ::ffff:10.0.0.9.50123  FIN_WAIT_2  131072 131072    312      0',
    'fin_wait_2 10.0.0.7:8080 10.0.0.9:50123',
  ],
  ['win32', 'Active Connections', undefined],
  ['win32', '  Proto  Local Address          Foreign Address        State           PID', undefined],
  [
    'win32',
    '  TCP    2.2.5.144:1454     1.2.3.4:80        CLOSE_WAIT      7777',
    'close_wait 2.2.5.144:1454 1.2.3.4:80',
  ],
  [
    'win32',
    '  TCP    [::1]:8080             [::1]:50123            TIME_WAIT       0',
    'time_wait [::1]:8080 [::1]:50123',
  ],
  [
    'win32',
    '  TCP    [fe80::1%12]:8080      [fe80::2%12]:50123     FIN_WAIT_1      4',
    'fin_wait_1 [fe80::1]:8080 [fe80::2]:50123',
  ],
  [
    'win32',
    '  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1044',
    'listen 0.0.0.0:135 0.0.0.0:0',
  ],
  ['win32', '  UDP    0.0.0.0:123            *:*                                    1392', undefined],
  // Windows in German.
  [
    'win32',
    '  TCP    2.2.5.144:1454     1.2.3.4:80        SCHLIESSEN_WARTEN      7777',
    'it has no state that is known',
  ],
];

describe('a line of netstat', () => {
  for (const [platform, line, expected] of lines)
    it(`${platform}: ${line.trim().replaceAll(/ +/g, ' ')} → ${expected ?? 'no TCP socket'}`, () => {
      assert.equal(said(read(platform, line)), expected);
    });

  it('tells neither inode nor queues', () => {
    const row = read('linux', 'tcp        4      0 127.0.0.1:40003         127.0.0.1:39433         CLOSE_WAIT ');
    assert.ok(typeof row === 'object');
    assert.deepEqual([row.id.inode, row.receiveQueue, row.source], [undefined, 0, 'netstat']);
  });

  it('the lines that the package tries itself with are understood', () => {
    const require = createRequire(import.meta.url);
    for (const name of ['data', 'data2'])
      for (const line of require(`node-netstat/test/${name}.json`) as string[])
        assert.equal(typeof read('win32', line), 'object', line);
  });

  it('any line → a row, what is wrong, or no TCP socket; never a crash', () => {
    const words = fc.constantFrom(
      'tcp',
      'tcp4',
      'TCP',
      '0',
      '*.*',
      '*:*',
      '[',
      '::1.80',
      '1.2.3.4:99999',
      'CLOSE_WAIT',
      '-',
    );
    const line = fc.oneof(
      fc.string(),
      fc.array(words).map((some) => some.join('  ')),
    );
    fc.assert(
      fc.property(fc.constantFrom('linux', 'darwin', 'win32'), line, (platform, text) => {
        const row = read(platform as Platform, text);
        if (typeof row === 'object') assert.ok(row.id.tuple);
      }),
    );
  });
});

describe('dialectOf', () => {
  it('an IPv6 address with its port behind a dot → in brackets, for the package to understand', () => {
    assert.equal(withBrackets('tcp6 0 0 ::1.80 fe80::1%lo0.* X'), 'tcp6 0 0 [::1]:80 [fe80::1%lo0]:* X');
    assert.equal(withBrackets('tcp4 0 0 10.0.0.7.80 10.0.0.9.443 X'), 'tcp4 0 0 10.0.0.7.80 10.0.0.9.443 X');
  });

  it('an operating system that the package does not know → NotSupportedError', () => {
    assert.throws(() => dialectOf('freebsd'), NotSupportedError);
  });
});
