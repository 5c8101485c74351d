import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Row } from '../../../src/connection/observation.ts';
import { SynfinError } from '../../../src/errors.ts';
import {
  addressFamily,
  dumpRequest,
  lookUpRequest,
  parseInetDiag,
  SOCK_DIAG_BY_FAMILY,
} from '../../../src/sources/sock-diag/inet-diag.ts';
import { walkMessages } from '../../../src/sources/sock-diag/netlink.ts';
import { addressFromBytes, endpoint, type FourTuple } from '../../../src/tcp/endpoint.ts';
import { cookieFromWords, instant } from '../../../src/tcp/identity.ts';
import { tcpStateNames } from '../../../src/tcp/state.ts';
import { captures, hex, hexFixture } from './hex-fixture.ts';

const at = instant(5_000_000);
const headerSize = 16;

/** The first message of a capture. */
function parse(name: (typeof captures)[number]): Row {
  const bytes = hexFixture(name);
  const row = parseInetDiag(bytes, headerSize, bytes.getUint32(0, true), at);
  assert.ok(!(row instanceof SynfinError), String(row));
  return row;
}

function tuple(local: [string, number], peer: [string, number]): FourTuple {
  return { local: endpoint(...local), peer: endpoint(...peer) };
}

describe('a capture of the real kernel', () => {
  it('ESTABLISHED on IPv4 → the row, with INET_DIAG_INFO', () => {
    const { info, ...row } = parse('established-ipv4-with-info');
    assert.deepEqual(row, {
      kind: 'row',
      source: 'sock_diag',
      at,
      id: { cookie: row.id.cookie, inode: row.id.inode, tuple: tuple(['127.0.0.1', 8080], ['127.0.0.1', 40001]) },
      state: 'established',
      receiveQueue: 11,
      sendQueue: 0,
      uid: 0,
      timer: 'none',
      expiresMs: undefined,
    });
    assert.match(row.id.cookie ?? '', /^[1-9a-f][0-9a-f]*$/);
    assert.ok(row.id.inode);
    assert.equal(info?.state, 'established');
    assert.equal(info?.bytesReceived, 11);
    assert.equal(info?.bytesSent, 4);
    assert.equal(info?.bytesAcked, 4);
    assert.ok((info?.rttUs ?? 0) > 0);
  });

  it('ESTABLISHED on IPv6 → its addresses by RFC 5952', () => {
    const { state, id } = parse('established-ipv6');
    assert.equal(state, 'established');
    assert.deepEqual(id.tuple, tuple(['::1', 40003], ['::1', 8082]));
  });

  it('CLOSE_WAIT of an IPv4 client on :: → folded to IPv4; the unread FIN counts as a byte', () => {
    const row = parse('close-wait-ipv4-mapped');
    assert.equal(row.state, 'close_wait');
    assert.deepEqual(row.id.tuple, tuple(['127.0.0.1', 8081], ['127.0.0.1', 40002]));
    assert.equal(row.receiveQueue, 4);
    assert.equal(row.info, undefined);
  });

  it('TIME_WAIT → a cookie, the time left; no inode and no uid', () => {
    const row = parse('time-wait-ipv4');
    assert.equal(row.state, 'time_wait');
    assert.equal(row.timer, 'time_wait');
    assert.ok(row.expiresMs !== undefined && row.expiresMs > 59_000 && row.expiresMs <= 60_000);
    assert.ok(row.id.cookie);
    assert.equal(row.id.inode, undefined);
    assert.equal(row.uid, undefined);
  });

  it('FIN_WAIT2 without owner → fin_wait_2 on the timer of a minisock', () => {
    const row = parse('fin-wait-2-minisock');
    assert.equal(row.state, 'fin_wait_2');
    assert.equal(row.timer, 'time_wait');
    assert.equal(row.id.inode, undefined);
  });

  it('LISTEN → accept queue and backlog, no peer', () => {
    const row = parse('listen-ipv4');
    assert.equal(row.state, 'listen');
    assert.deepEqual([row.receiveQueue, row.sendQueue], [0, 16]);
    assert.deepEqual(row.id.tuple, tuple(['127.0.0.1', 8080], ['0.0.0.0', 0]));
  });

  it('look-up of an unknown four-tuple → the listener, to be told by its four-tuple', () => {
    const row = parse('look-up-answered-with-listen');
    assert.equal(row.state, 'listen');
    assert.deepEqual(row.id.tuple?.peer, endpoint('0.0.0.0', 0));
  });
});

describe('a field', () => {
  it('idiag_state 12 (NEW_SYN_RECV) → syn_received, 13 → closed', () => {
    const bytes = hexFixture('listen-ipv4');
    for (const [number, state] of [[12, 'syn_received'] as const, [13, 'closed'] as const]) {
      bytes.setUint8(headerSize + 1, number);
      const row = parseInetDiag(bytes, headerSize, bytes.byteLength, at);
      assert.equal(row instanceof SynfinError ? row.message : row.state, state);
    }
  });

  it('idiag_cookie → the hexadecimal text of ss -e, both words', () => {
    const bytes = hexFixture('listen-ipv4');
    bytes.setUint32(headerSize + 44, 0x2a, true);
    bytes.setUint32(headerSize + 48, 0x1, true);
    const row = parseInetDiag(bytes, headerSize, bytes.byteLength, at);
    assert.equal(row instanceof SynfinError ? row.message : row.id.cookie, '10000002a');
  });

  it('INET_DIAG_INFO of an older kernel, 104 bytes → info without the fields that came later', () => {
    const bytes = hexFixture('established-ipv4-with-info');
    bytes.setUint16(124, 4 + 104, true);
    const row = parseInetDiag(bytes, headerSize, 124 + 4 + 104, at);
    assert.ok(!(row instanceof SynfinError));
    assert.equal(row.info?.totalRetransmits, 0);
    assert.equal(row.info?.bytesReceived, undefined);
  });
});

describe('a malformed answer', () => {
  const cases: [why: string, edit: (bytes: DataView) => number | undefined, message: RegExp][] = [
    ['cut short', () => headerSize + 71, /inet_diag_msg of 71 bytes, need 72/],
    ['of another family', (bytes) => void bytes.setUint8(headerSize, 1), /idiag_family is 1/],
    ['in state 0', (bytes) => void bytes.setUint8(headerSize + 1, 0), /idiag_state is 0/],
    ['in state 14', (bytes) => void bytes.setUint8(headerSize + 1, 14), /idiag_state is 14/],
    ['with nla_len 0', (bytes) => void bytes.setUint16(88, 0, true), /attribute of 0 bytes where 36 are left/],
    ['with nla_len too long', (bytes) => void bytes.setUint16(88, 37, true), /attribute of 37 bytes where 36/],
    ['with half an attribute header', () => 90, /attribute of 0 bytes where 2 are left/],
  ];
  for (const [why, edit, message] of cases) {
    it(`${why} → an error that says so`, () => {
      const bytes = hexFixture('listen-ipv4');
      const row = parseInetDiag(bytes, headerSize, edit(bytes) ?? bytes.byteLength, at);
      assert.ok(row instanceof SynfinError);
      assert.match(row.message, message);
    });
  }

  it('of any bytes → value or error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        parseInetDiag(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, at);
      }),
    );
  });

  it('of any mutated capture → value or error', () => {
    const mutation = fc.tuple(fc.nat(500), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...captures),
        fc.array(mutation, { maxLength: 8 }),
        fc.nat(500),
        (name, edits, cut) => {
          const bytes = hexFixture(name);
          for (const [where, value] of edits) bytes.setUint8(where % bytes.byteLength, value);
          for (const sequence of [1, 2, 10]) {
            walkMessages(bytes, Math.min(cut, bytes.byteLength), sequence, (_type, start, end) => {
              parseInetDiag(bytes, start, end, at);
            });
          }
        },
      ),
    );
  });
});

describe('a dump request', () => {
  it('CLOSE_WAIT of AF_INET6 → 72 bytes, mask 1 << 8', () => {
    const expected = hex(`
      48 00 00 00  14 00  01 03  09 00 00 00  00 00 00 00
      0a           # sdiag_family AF_INET6
      06           # sdiag_protocol IPPROTO_TCP
      00           # idiag_ext
      00           # pad
      00 01 00 00  # idiag_states
      ${'00 '.repeat(48)}
    `);
    assert.deepEqual(dumpRequest(addressFamily.inet6, ['close_wait'], 9), new Uint8Array(expected.buffer));
  });

  it('info → bit INET_DIAG_INFO - 1 of idiag_ext', () => {
    assert.equal(dumpRequest(addressFamily.inet, ['close_wait'], 9, { info: true })[18], 0x02);
  });

  it('all states → never bit 13, which walks the bind table', () => {
    const request = dumpRequest(addressFamily.inet, tcpStateNames, 9);
    assert.equal(new DataView(request.buffer).getUint32(20, true), 0x1ffe);
  });
});

describe('a look-up request', () => {
  it('four-tuple and cookie → both words, the low one first', () => {
    const request = lookUpRequest(tuple(['10.0.0.7', 443], ['10.0.0.8', 40001]), cookieFromWords(0x2a, 0xabc), 3);
    const expected = hex(`
      48 00 00 00  14 00  01 00  03 00 00 00  00 00 00 00
      02 06 02 00  fe 1f 00 00
      01 bb        # idiag_sport 443
      9c 41        # idiag_dport 40001
      0a 00 00 07 00 00 00 00 00 00 00 00 00 00 00 00
      0a 00 00 08 00 00 00 00 00 00 00 00 00 00 00 00
      00 00 00 00  # idiag_if
      2a 00 00 00 bc 0a 00 00
    `);
    assert.deepEqual(request, new Uint8Array(expected.buffer));
  });

  it('no cookie → INET_DIAG_NOCOOKIE', () => {
    const request = lookUpRequest(tuple(['10.0.0.7', 443], ['10.0.0.8', 40001]), undefined, 3);
    assert.ok(request instanceof Uint8Array);
    assert.deepEqual([...request.subarray(-8)], Array(8).fill(0xff));
  });

  const addresses: [text: string, bytes: string][] = [
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['fd00::', 'fd000000000000000000000000000000'],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ];
  for (const [text, bytes] of addresses) {
    it(`${text} → ${bytes}`, () => {
      const request = lookUpRequest(tuple([text, 1], [text, 2]), undefined, 3);
      assert.ok(request instanceof Uint8Array);
      assert.equal(request[16], addressFamily.inet6);
      assert.equal(Buffer.from(request.subarray(28, 44)).toString('hex'), bytes);
      assert.equal(Buffer.from(request.subarray(44, 60)).toString('hex'), bytes);
    });
  }

  const unaskable: [local: string, peer: string][] = [
    ['10.0.0.7', '::1'],
    ['localhost', '10.0.0.7'],
    ['fe80::1', 'fe80::2'],
    ['', ''],
  ];
  for (const [local, peer] of unaskable) {
    it(`"${local}" and "${peer}" → an error that quotes both`, () => {
      const request = lookUpRequest(tuple([local, 1], [peer, 2]), undefined, 3);
      assert.ok(request instanceof SynfinError);
      assert.ok(request.message.includes(`"${local}" and "${peer}"`));
    });
  }

  it('the address of any row can be asked for again, byte by byte', () => {
    const word = fc.constantFrom(0, 0, 0, 1, 0xff, 0x20);
    const ipv6 = fc
      .array(word, { minLength: 16, maxLength: 16 })
      .map((bytes) => Uint8Array.from([0x20, ...bytes.slice(1)]));
    const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (bytes) => {
        const text = addressFromBytes(bytes);
        const request = lookUpRequest(tuple([text, 1], [text, 2]), undefined, 3);
        assert.ok(request instanceof Uint8Array, text);
        assert.deepEqual(request.subarray(28, 28 + bytes.length), bytes);
      }),
    );
  });

  it('is of type SOCK_DIAG_BY_FAMILY', () => {
    assert.equal(dumpRequest(addressFamily.inet, [], 1)[4], SOCK_DIAG_BY_FAMILY);
  });
});
