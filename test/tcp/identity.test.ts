import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { connectionId, cookieFromWords, inodeFrom, instant } from '../../src/tcp/identity.ts';

const word = fc.integer({ min: 0, max: 0xffff_ffff });

describe('a socket cookie', () => {
  it('is the hexadecimal text that `ss -e` prints after `sk:`', () => {
    assert.equal(cookieFromWords(0x108d, 0), '108d');
    assert.equal(cookieFromWords(1, 0), '1');
    assert.equal(cookieFromWords(0xdead_beef, 0), 'deadbeef');
  });

  it('keeps the zeros between its words: high 1, low 2 → 100000002', () => {
    assert.equal(cookieFromWords(2, 1), '100000002');
    assert.equal(cookieFromWords(0, 1), '100000000');
  });

  it('all zeros: the kernel has not made one; all ones: INET_DIAG_NOCOOKIE', () => {
    assert.equal(cookieFromWords(0, 0), undefined);
    assert.equal(cookieFromWords(0xffff_ffff, 0xffff_ffff), undefined);
    assert.equal(cookieFromWords(0xffff_ffff, 0), 'ffffffff');
    assert.equal(cookieFromWords(0, 0xffff_ffff), 'ffffffff00000000');
  });

  it('any two words → the number (high << 32 | low) in hexadecimal, without leading zeros', () => {
    fc.assert(
      fc.property(word, word, (low, high) => {
        const number = (BigInt(high) << 32n) | BigInt(low);
        const none = number === 0n || number === 0xffff_ffff_ffff_ffffn;
        assert.equal(cookieFromWords(low, high), none ? undefined : number.toString(16));
      }),
    );
  });
});

it('inode 0 is not an inode: the kernel shows it for sockets without a file', () => {
  assert.equal(inodeFrom(0), undefined);
  assert.equal(inodeFrom(-1), undefined);
  assert.equal(inodeFrom(165_114), 165_114);
});

describe('the name of a connection', () => {
  const cookie = cookieFromWords(0x108d, 0);
  const inode = inodeFrom(165_114);
  const tuple = { local: endpoint('127.0.0.1', 40_001), peer: endpoint('::1', 443) };
  const seen = instant(1_234_567.8);

  it('is the cookie, where there is one', () => {
    assert.equal(connectionId({ cookie, inode, tuple }, seen), '108d');
    assert.equal(connectionId({ cookie }, seen), '108d');
  });

  it('else the inode', () => {
    assert.equal(connectionId({ inode, tuple }, seen), 'ino:165114');
  });

  it('else the four-tuple and when it was first seen, because a four-tuple comes back', () => {
    assert.equal(connectionId({ tuple }, seen), 'tcp:127.0.0.1:40001-[::1]:443@1234568');
    assert.notEqual(connectionId({ tuple }, seen), connectionId({ tuple }, instant(9_000_000)));
  });

  it('with nothing known still is a text', () => {
    assert.equal(connectionId({}, seen), 'tcp:unknown@1234568');
  });
});
