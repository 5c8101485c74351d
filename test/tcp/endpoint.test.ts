import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addressFromBytes,
  endpoint,
  foldMapped,
  formatEndpoint,
  fourTupleKey,
  networkType,
  parseEndpoint,
} from '../../src/tcp/endpoint.ts';

const v4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join('.'));
const port = fc.nat(65_535);
/** Zeros are as frequent as in real addresses. */
const group = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff));
const groups = fc.array(group, { minLength: 8, maxLength: 8 });

function bytesOf(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** The eight groups of a textual IPv6 address: RFC 4291, section 2.2, forms 1 and 2. */
function groupsOf(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  if (tail === undefined) return parse(head);
  const [left, right] = [parse(head), parse(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

describe('IPv4-mapped addresses are folded', () => {
  it('::ffff:10.0.0.7 → 10.0.0.7, in either case', () => {
    assert.equal(foldMapped('::ffff:10.0.0.7'), '10.0.0.7');
    assert.equal(foldMapped('::FFFF:10.0.0.7'), '10.0.0.7');
  });

  it('an endpoint never holds a mapped one', () => {
    fc.assert(
      fc.property(v4, port, (address, number) => {
        assert.deepEqual(endpoint(`::ffff:${address}`, number), { address, port: number });
        assert.deepEqual(endpoint(address, number), { address, port: number });
      }),
    );
  });

  it('what only looks like one stays', () => {
    for (const address of ['::1', '::', 'fe80::1', '::ffff:0:1.2.3.4', '64:ff9b::1.2.3.4', '2001:db8::ffff:1', ''])
      assert.equal(foldMapped(address), address);
  });
});

describe('as people write it', () => {
  it('IPv4 as address:port, IPv6 in brackets (RFC 3986, section 3.2.2)', () => {
    assert.equal(formatEndpoint(endpoint('10.0.0.7', 443)), '10.0.0.7:443');
    assert.equal(formatEndpoint(endpoint('::1', 443)), '[::1]:443');
    assert.equal(formatEndpoint(endpoint('::ffff:10.0.0.7', 443)), '10.0.0.7:443');
  });

  it('and is read again', () => {
    const address = fc.oneof(v4, groups.map(bytesOf).map(addressFromBytes), fc.constantFrom('db', 'db.example.com'));
    fc.assert(
      fc.property(address, port, (host, number) => {
        const end = endpoint(host, number);
        assert.deepEqual(parseEndpoint(formatEndpoint(end)), end);
      }),
    );
  });

  it('what is no address with a port is read as nothing', () => {
    for (const text of ['', '10.0.0.7', '::1', 'fe80::1:443', ':443', '[::1]', '[]:1', '10.0.0.7:', '10.0.0.7:65536'])
      assert.equal(parseEndpoint(text), undefined, text);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const end = parseEndpoint(text);
        assert.ok(end === undefined || (end.address !== '' && end.port <= 65_535));
      }),
    );
  });

  it('network.type is ipv4 or ipv6', () => {
    assert.equal(networkType('10.0.0.7'), 'ipv4');
    assert.equal(networkType('::1'), 'ipv6');
  });
});

describe('the key of a four-tuple', () => {
  const end = fc.record({ address: fc.oneof(v4, groups.map(bytesOf).map(addressFromBytes)), port });
  const tuple = fc.record({ local: end, peer: end });

  it('is shared by two exactly when all four parts are equal', () => {
    fc.assert(
      fc.property(tuple, tuple, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        assert.equal(fourTupleKey(one) === fourTupleKey(other), same);
        assert.equal(fourTupleKey(one), fourTupleKey(structuredClone(one)));
      }),
    );
  });

  it('tells the two directions of a connection over loopback apart', () => {
    const [local, peer] = [endpoint('127.0.0.1', 80), endpoint('127.0.0.1', 40_000)];
    assert.notEqual(fourTupleKey({ local, peer }), fourTupleKey({ local: peer, peer: local }));
  });

  it('does not run ports and addresses together', () => {
    const one = fourTupleKey({ local: endpoint('10.0.0.1', 11), peer: endpoint('1.1.1.1', 1) });
    const other = fourTupleKey({ local: endpoint('10.0.0.1', 1), peer: endpoint('11.1.1.1', 1) });
    assert.notEqual(one, other);
  });
});

describe('addressFromBytes', () => {
  it('four bytes → dotted decimal', () => {
    assert.equal(addressFromBytes(Uint8Array.of(10, 77, 0, 2)), '10.77.0.2');
    assert.equal(addressFromBytes(Uint8Array.of(0, 0, 0, 0)), '0.0.0.0');
  });

  it('sixteen bytes that map an IPv4 address → that address', () => {
    assert.equal(addressFromBytes(bytesOf([0, 0, 0, 0, 0, 0xffff, 0x0a4d, 0x0002])), '10.77.0.2');
    // IPv4-compatible (RFC 4291, section 2.5.5.1) is deprecated and is not a mapped one.
    assert.equal(addressFromBytes(bytesOf([0, 0, 0, 0, 0, 0, 0x0a4d, 0x0002])), '::a4d:2');
  });

  /** RFC 5952, section 4, rule by rule. */
  const vectors: readonly (readonly [readonly number[], string, string])[] = [
    [[0, 0, 0, 0, 0, 0, 0, 0], '::', 'nothing but zeros'],
    [[0, 0, 0, 0, 0, 0, 0, 1], '::1', 'loopback'],
    [[1, 0, 0, 0, 0, 0, 0, 0], '1::', 'a gap at the end'],
    [[0x2001, 0xdb8, 0, 0, 0, 0, 2, 1], '2001:db8::2:1', '4.2.1: shorten as much as possible'],
    [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1', '4.2.2: one group is no gap'],
    [[0x2001, 0, 0, 1, 0, 0, 0, 1], '2001:0:0:1::1', '4.2.3: the longest run'],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1', '4.2.3: of equal runs the first'],
    [[0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 1], '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1', '4.3: lower'],
    [[0x2001, 0xdb8, 0x000a, 0x00bc, 0x0def, 1, 2, 3], '2001:db8:a:bc:def:1:2:3', '4.1: no leading zeros'],
  ];
  for (const [words, text, rule] of vectors)
    it(`${text} (${rule})`, () => assert.equal(addressFromBytes(bytesOf(words)), text));

  it('any sixteen bytes → an address that Node knows, and the same bytes back', () => {
    fc.assert(
      fc.property(groups, (words) => {
        const text = addressFromBytes(bytesOf(words));
        if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
          assert.match(text, /^\d+\.\d+\.\d+\.\d+$/);
          return;
        }
        assert.ok(isIPv6(text), text);
        assert.deepEqual(groupsOf(text), words);
        assert.doesNotMatch(text, /(^|:)0\d|:::/);
        assert.equal(text, text.toLowerCase());
      }),
    );
  });

  it('agrees with the URL parser, which serialises by RFC 5952 too', () => {
    fc.assert(
      fc.property(groups, (words) => {
        const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
        fc.pre(!mapped);
        const spelledOut = words.map((word) => word.toString(16)).join(':');
        assert.equal(`[${addressFromBytes(bytesOf(words))}]`, new URL(`http://[${spelledOut}]/`).hostname);
      }),
    );
  });
});
