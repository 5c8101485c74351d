import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Row } from '../../../src/connection/observation.ts';
import { isTcpHeader, TcpLineReader } from '../../../src/sources/proc/proc-net-tcp.ts';
import { formatEndpoint } from '../../../src/tcp/endpoint.ts';
import { type TcpState, tcpStateNames } from '../../../src/tcp/state.ts';
import { procFixture, read, tableLines } from './proc-fixture.ts';

function rowsOf(table: 'tcp' | 'tcp6'): Row[] {
  return tableLines(table).map((line) => {
    const row = read(line);
    assert.ok(typeof row === 'object', `${row}: ${line}`);
    return row;
  });
}

/** The captured rows with this port at one end, in this state. */
function captured(port: number, state: TcpState, table: 'tcp' | 'tcp6' = 'tcp'): Row[] {
  const isThere = ({ id }: Row) => id.tuple?.local.port === port || id.tuple?.peer.port === port;
  return rowsOf(table).filter((row) => row.state === state && isThere(row));
}

/** Receive queue, send queue, whether somebody has it open, timer. */
const facts = ({ receiveQueue, sendQueue, id, timer }: Row) => [receiveQueue, sendQueue, id.inode !== undefined, timer];

describe('a captured line of /proc/net/tcp', () => {
  it('every state but CLOSED is among them', () => {
    const states = new Set(rowsOf('tcp').map(({ state }) => state));
    assert.deepEqual(
      tcpStateNames.filter((state) => !states.has(state)),
      ['closed'],
    );
  });

  it('LISTEN → the receive queue is the accept queue', () => {
    assert.deepEqual(captured(40001, 'listen').map(facts), [[2, 0, true, 'none']]);
  });

  it('ESTABLISHED and CLOSE_WAIT that nobody has accepted → no inode, no uid', () => {
    const waiting = [...captured(40001, 'established'), ...captured(40001, 'close_wait')];
    const ours = waiting.filter(({ id }) => id.tuple?.local.port === 40001);
    assert.deepEqual(
      ours.map((row) => [row.state, row.id.inode, row.uid, row.receiveQueue]),
      [
        ['established', undefined, undefined, 0],
        ['close_wait', undefined, undefined, 1],
      ],
    );
  });

  it('ESTABLISHED with four bytes that nobody has read', () => {
    assert.deepEqual(captured(40002, 'established').map(facts).toSorted(), [
      [0, 0, true, 'none'],
      [4, 0, true, 'none'],
    ]);
  });

  it('CLOSE_WAIT: three bytes and the FIN; its peer in FIN_WAIT2', () => {
    assert.deepEqual(captured(40003, 'close_wait').map(facts), [[4, 0, true, 'none']]);
    assert.deepEqual(captured(40003, 'fin_wait_2').map(facts), [[0, 0, true, 'none']]);
  });

  it('FIN_WAIT2 without owner, a minisock: no inode, fewer columns, and when it ends', () => {
    const [row] = captured(40004, 'fin_wait_2');
    assert.ok(row);
    assert.deepEqual(facts(row), [0, 0, false, 'time_wait']);
    assert.ok((row.expiresMs ?? 0) > 59_000 && (row.expiresMs ?? 0) <= 60_000, `${row.expiresMs} ms`);
  });

  it('TIME_WAIT: the same', () => {
    const [row] = captured(40005, 'time_wait');
    assert.ok(row);
    assert.deepEqual(facts(row), [0, 0, false, 'time_wait']);
    assert.ok((row.expiresMs ?? 0) > 59_000 && (row.expiresMs ?? 0) <= 60_000, `${row.expiresMs} ms`);
  });

  it('SYN_SENT → the SYN is not acknowledged; SYN_RECV → no inode', () => {
    assert.deepEqual(captured(40006, 'syn_sent').map(facts), [[0, 1, true, 'retransmit']]);
    assert.deepEqual(captured(40007, 'syn_received').map(facts), [[0, 0, false, 'retransmit']]);
    const [{ id }] = captured(40007, 'syn_received') as [Row];
    assert.deepEqual(id.tuple, {
      local: { address: '10.1.0.1', port: 40007 },
      peer: { address: '10.1.0.99', port: 5555 },
    });
  });

  it('CLOSING, FIN_WAIT1 with and without owner, LAST_ACK: the FIN is not acknowledged', () => {
    assert.deepEqual(captured(40008, 'closing').map(facts), [[1, 1, true, 'retransmit']]);
    assert.deepEqual(captured(40009, 'fin_wait_1').map(facts), [[0, 1, true, 'retransmit']]);
    assert.deepEqual(captured(40010, 'fin_wait_1').map(facts), [[0, 1, false, 'retransmit']]);
    assert.deepEqual(captured(40011, 'last_ack').map(facts), [[1, 1, false, 'retransmit']]);
  });

  it('IPv6, and IPv4-mapped folded', () => {
    const ends = captured(50001, 'established', 'tcp6').map(({ id }) => id.tuple && formatEndpoint(id.tuple.peer));
    assert.deepEqual(ends.map((end) => end?.replace(/:\d+$/, '')).toSorted(), ['127.0.0.1', '[::1]', '[::1]']);
    assert.deepEqual(captured(50001, 'listen', 'tcp6')[0]?.id.tuple, {
      local: { address: '::', port: 50001 },
      peer: { address: '::', port: 0 },
    });
  });

  it('any long of 64 bits as the time of a timer → that time, as far as a number goes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (when) => {
        const hex = when.toString(16).toUpperCase().padStart(8, '0');
        const row = read(
          `   0: 0100007F:1F90 0100007F:9C45 06 00000000:00000000 03:${hex} 00000000     0        0 0 3 0000000000000000`,
        );
        assert.ok(typeof row === 'object', `${row}: ${hex}`);
        assert.equal(row.expiresMs, Math.min(Number(when * 10n), Number.MAX_SAFE_INTEGER));
      }),
    );
  });

  it('seventeen digits are no long', () => {
    const line = (when: string) =>
      `   0: 0100007F:1F90 0100007F:9C45 06 00000000:00000000 03:${when} 00000000     0        0 0 3 0000000000000000`;
    assert.equal(read(line('F'.repeat(17))), 'it has no timer');
    assert.equal(typeof read(line('F'.repeat(16))), 'object');
  });

  it('a big-endian host writes the same address the other way round', () => {
    const line = Buffer.from(
      '   0: 7F000001:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5 1 0 100 0 0 10 0',
    );
    const reader = new TcpLineReader(false);
    assert.equal(reader.read(line, 0, line.length), undefined);
    assert.equal(reader.fourTuple.local.address, '127.0.0.1');
  });

  it('the line above the table is known, and is no row', () => {
    for (const name of ['tcp', 'tcp6']) {
      const bytes = procFixture(name);
      const end = bytes.indexOf('\n');
      assert.equal(isTcpHeader(bytes, 0, end), true);
      assert.equal(typeof read(bytes.subarray(0, end)), 'string');
    }
    for (const line of tableLines('tcp')) assert.equal(isTcpHeader(Buffer.from(line), 0, line.length), false);
  });
});

/** How far a line is read: to the end of its inode. */
function lengthRead(line: string): number {
  return /^ *\d+:(?: +\S+){9}/.exec(line)?.[0].length ?? 0;
}

describe('any line', () => {
  const lines = [...tableLines('tcp'), ...tableLines('tcp6')];

  it('any bytes → a row or what is wrong, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const row = read(bytes);
        assert.ok(typeof row === 'string' || tcpStateNames.includes(row.state));
      }),
    );
  });

  it('a captured line cut off before the end of its inode → what is wrong', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (line, part) => {
          const most = lengthRead(line).valueOf();
          // The last digits of an inode may be missing without anybody noticing: the kernel writes whole lines.
          const least = line.slice(0, most).lastIndexOf(' ');
          assert.equal(typeof read(line.slice(0, Math.floor(part * least))), 'string');
        },
      ),
    );
  });

  it('a captured line with a byte that does not belong there → what is wrong, or the byte is a space more', () => {
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(), fc.constantFrom(0, 0x67, 0x7f, 0xff), (line, seed, byte) => {
        const bytes = Buffer.from(line, 'latin1');
        const at = seed % lengthRead(line);
        bytes[at] = byte;
        const row = read(bytes);
        assert.equal(typeof row, 'string', `${at}: ${bytes.toString('latin1')}`);
      }),
    );
  });

  it('any numbers, written as the kernel does → the same numbers', () => {
    const word = fc.nat({ max: 0xffff_ffff });
    fc.assert(
      fc.property(
        fc.record({ sl: fc.nat(), port: fc.nat(65_535), tx: word, rx: word, uid: word, inode: word }),
        (given) => {
          const hex = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, '0');
          const line = `${`${given.sl}`.padStart(4)}: 0100007F:${hex(given.port, 4)} 0200007F:0050 01 ${hex(given.tx, 8)}:${hex(given.rx, 8)} 00:00000000 00000000 ${`${given.uid}`.padStart(5)}        0 ${given.inode} 1 0`;
          const row = read(line);
          assert.ok(typeof row === 'object', `${row}`);
          assert.deepEqual(
            [row.id.tuple?.local.port, row.sendQueue, row.receiveQueue, row.id.inode ?? 0],
            [given.port, given.tx, given.rx, given.inode],
          );
          if (given.inode > 0) assert.equal(row.uid, given.uid);
        },
      ),
    );
  });
});
