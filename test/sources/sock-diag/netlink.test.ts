import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  align,
  buildRequest,
  requestFlags,
  type Walked,
  walkMessages,
} from '../../../src/sources/sock-diag/netlink.ts';
import { captures, hex, hexFixture } from './hex-fixture.ts';

interface Seen {
  readonly walked: Walked;
  readonly visits: [type: number, start: number, end: number][];
}

function walk(bytes: DataView, sequence: number, length = bytes.byteLength): Seen {
  const visits: [number, number, number][] = [];
  const walked = walkMessages(bytes, length, sequence, (type, start, end) => visits.push([type, start, end]));
  return { walked, visits };
}

function malformedBecause({ walked }: Seen): string | undefined {
  return walked.kind === 'malformed' ? walked.error.message : undefined;
}

describe('a netlink request', () => {
  it('is a header in host order, then the payload', () => {
    const request = buildRequest(20, requestFlags.dump, 7, Uint8Array.of(2, 6));
    const expected = hex(`
      12 00 00 00  # nlmsg_len 18: without the padding
      14 00        # nlmsg_type 20
      01 03        # NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH
      07 00 00 00  # nlmsg_seq
      00 00 00 00  # nlmsg_pid
      02 06 00 00  # payload, padded
    `);
    assert.deepEqual(request, new Uint8Array(expected.buffer));
  });
});

describe('an answer of the real kernel', () => {
  it('row + NLMSG_DONE → one visit, done without error', () => {
    const { walked, visits } = walk(hexFixture('close-wait-ipv4-mapped'), 10);
    assert.deepEqual(walked, { kind: 'done', interrupted: false, errno: 0 });
    assert.deepEqual(visits, [[20, 16, 124]]);
  });

  it('only NLMSG_DONE → no visit, done', () => {
    const { walked, visits } = walk(hexFixture('dump-of-nothing'), 2);
    assert.deepEqual(walked, { kind: 'done', interrupted: false, errno: 0 });
    assert.deepEqual(visits, []);
  });

  it('a row and nothing after it → more is to come', () => {
    assert.deepEqual(walk(hexFixture('time-wait-ipv4'), 2).walked, { kind: 'more', interrupted: false });
  });

  it('NLMSG_ERROR → the errno as a positive number', () => {
    const { walked, visits } = walk(hexFixture('look-up-enoent'), 1);
    assert.deepEqual(walked, { kind: 'error', interrupted: false, errno: 2 });
    assert.deepEqual(visits, []);
  });

  it('to another request → not visited, and its end is not ours', () => {
    const { walked, visits } = walk(hexFixture('close-wait-ipv4-mapped'), 11);
    assert.deepEqual(walked, { kind: 'more', interrupted: false });
    assert.deepEqual(visits, []);
  });

  it('is read up to the length received, not to the end of the buffer', () => {
    const { walked, visits } = walk(hexFixture('close-wait-ipv4-mapped'), 10, 124);
    assert.equal(walked.kind, 'more');
    assert.equal(visits.length, 1);
  });
});

describe('control messages', () => {
  it('NLMSG_ERROR with 0 → an acknowledgement', () => {
    const ack = hex('14 00 00 00  02 00  00 00  01 00 00 00  00 00 00 00  00 00 00 00');
    assert.deepEqual(walk(ack, 1).walked, { kind: 'error', interrupted: false, errno: 0 });
  });

  it('NLMSG_DONE with -ENOBUFS → done with errno 105', () => {
    const done = hex('14 00 00 00  03 00  02 00  01 00 00 00  00 00 00 00  97 ff ff ff');
    assert.deepEqual(walk(done, 1).walked, { kind: 'done', interrupted: false, errno: 105 });
  });

  it('NLM_F_DUMP_INTR on any message → interrupted', () => {
    const bytes = hexFixture('close-wait-ipv4-mapped');
    bytes.setUint16(6, 0x12, true);
    assert.deepEqual(walk(bytes, 10).walked, { kind: 'done', interrupted: true, errno: 0 });
  });

  it('NLMSG_OVERRUN → interrupted, NLMSG_NOOP → nothing', () => {
    const overrun = hex('10 00 00 00  04 00  00 00  01 00 00 00  00 00 00 00');
    assert.deepEqual(walk(overrun, 1), { walked: { kind: 'more', interrupted: true }, visits: [] });
    const noop = hex('10 00 00 00  01 00  00 00  01 00 00 00  00 00 00 00');
    assert.deepEqual(walk(noop, 1), { walked: { kind: 'more', interrupted: false }, visits: [] });
  });
});

describe('malformed bytes', () => {
  it('nlmsg_len 0 → an error that quotes it, no endless loop', () => {
    const seen = walk(hex('00 00 00 00  14 00  00 00  01 00 00 00  00 00 00 00'), 1);
    assert.match(malformedBecause(seen) ?? '', /at byte 0, nlmsg_len is 0, less than its header/);
  });

  it('nlmsg_len beyond the buffer → an error, the messages before it are visited', () => {
    const bytes = hexFixture('close-wait-ipv4-mapped');
    bytes.setUint32(124, 0xffff_ffff, true);
    const seen = walk(bytes, 10);
    assert.match(malformedBecause(seen) ?? '', /at byte 124, nlmsg_len is 4294967295, but 20 bytes are left/);
    assert.equal(seen.visits.length, 1);
  });

  it('nlmsg_len that is no multiple of four → the next message begins at one', () => {
    const bytes = hex(`
      11 00 00 00  14 00  00 00  01 00 00 00  00 00 00 00  ff 00 00 00
      12 00 00 00  14 00  00 00  01 00 00 00  00 00 00 00  ff ff
    `);
    assert.deepEqual(walk(bytes, 1), {
      walked: { kind: 'more', interrupted: false },
      visits: [
        [20, 16, 17],
        [20, 36, 38],
      ],
    });
  });

  it('a header cut short → an error', () => {
    assert.match(malformedBecause(walk(hexFixture('listen-ipv4'), 2, 15)) ?? '', /15 bytes are no header/);
  });

  it('NLMSG_DONE without its error code → an error', () => {
    const seen = walk(hex('10 00 00 00  03 00  02 00  01 00 00 00  00 00 00 00'), 1);
    assert.match(malformedBecause(seen) ?? '', /type 3 without its error code/);
  });

  it('any bytes → value or error, every visit inside the buffer and after the one before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        check(walk(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 1), bytes.length);
      }),
    );
  });

  it('any mutated capture → value or error', () => {
    const mutation = fc.tuple(fc.nat(500), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...captures),
        fc.array(mutation, { maxLength: 8 }),
        fc.nat(500),
        (name, edits, cut) => {
          const bytes = hexFixture(name);
          for (const [at, value] of edits) bytes.setUint8(at % bytes.byteLength, value);
          const length = Math.min(cut, bytes.byteLength);
          for (const sequence of [1, 2, 10]) check(walk(bytes, sequence, length), length);
        },
      ),
    );
  });
});

it('align rounds up to four, the largest nlmsg_len included', () => {
  assert.deepEqual([0, 1, 4, 5, 0xffff_ffff].map(align), [0, 4, 4, 8, 0x1_0000_0000]);
});

function check({ visits }: Seen, length: number): void {
  let after = 0;
  for (const [, start, end] of visits) {
    assert.ok(start >= after + 16 && start <= end && end <= length, `visit of ${start}..${end} in ${length} bytes`);
    after = start;
  }
}
