import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Observation } from '../../src/connection/observation.ts';
import { keyedHash } from '../../src/recorder/keyed-hash.ts';
import { addressBytes } from '../../src/recording/address-bytes.ts';
import type { RecordingHeader } from '../../src/recording/header.ts';
import { decodeLine, encodeHeader, encodeObservation } from '../../src/recording/line.ts';
import { permuted } from '../../src/recording/permutation.ts';
import { Pseudonyms } from '../../src/recording/pseudonyms.ts';
import { sipHash, sipKey } from '../../src/recording/sip-hash.ts';
import { addressFromBytes, endpoint, formatEndpoint } from '../../src/tcp/endpoint.ts';
import { connectionId, instant } from '../../src/tcp/identity.ts';
import { connecting, row, seconds } from '../connection/observations.ts';

const made = () => new Pseudonyms(keyedHash());

describe('addressBytes', () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.domain(),
    fc.string(),
    fc.stringMatching(/^[\d:.a-f]*$/),
  );

  it('any text: bytes exactly where Node sees an address', () => {
    fc.assert(
      fc.property(text, (address) => {
        fc.pre(!address.includes('%'));
        assert.equal(addressBytes(address)?.length, { 0: undefined, 4: 4, 6: 16 }[isIP(address)], address);
      }),
      { numRuns: 5000 },
    );
  });

  it('the text of any 16 bytes gives these bytes again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const again = addressBytes(addressFromBytes(bytes));
        assert.deepEqual(again?.length === 4 ? [...bytes.subarray(0, 10), 255, 255, ...again] : again && [...again], [
          ...bytes,
        ]);
      }),
    );
  });

  it('a zone is left out', () => assert.deepEqual(addressBytes('fe80::1%eth0'), addressBytes('fe80::1')));
});

describe('SipHash-2-4', () => {
  // vectors_sip64 of the reference implementation: key 00 01 … 0f, messages of 0, 1, 2, … bytes 00 01 02 …, lower halves.
  for (const [length, lower] of [
    [0, 0xdd0e0e31],
    [1, 0x93dc67fd],
    [2, 0xd9a94f5a],
  ] as const)
    it(`${length} bytes`, () => {
      const key = sipKey(Uint8Array.from({ length: 16 }, (_, at) => at));
      assert.equal(sipHash(key, length === 2 ? 0x0100 : 0, 0, length).toString(16), lower.toString(16));
    });
});

describe('the permutation', () => {
  it('no two numbers become one, whatever the key', () => {
    for (const fill of [0, 255]) {
      const key = sipKey(new Uint8Array(16).fill(fill));
      const start = 0xfffe_ff00;
      const seen = new Set(Array.from({ length: 20_000 }, (_, n) => permuted((start + n * 7) >>> 0, key)));
      assert.equal(seen.size, 20_000);
      for (const one of seen) assert.ok(Number.isInteger(one) && one >= 0 && one <= 0xffff_ffff);
    }
  });
});

describe('pseudonyms', () => {
  it('the same for the same, within one key; others with another', () => {
    const [one, other] = [made(), made()];
    for (const name of ['10.0.0.7', '2001:db8::7', 'db.internal']) {
      assert.equal(one.host(name), one.host(name));
      assert.notEqual(one.host(name), name);
      assert.notEqual(one.host(name), other.host(name));
    }
  });

  it('two addresses never become one, nor one of those that keep their meaning', () => {
    const pseudonyms = made();
    const real = Array.from({ length: 5000 }, (_, n) => `10.${n % 7}.${(n >> 8) & 255}.${n & 255}`);
    const told = new Set(real.map((address) => pseudonyms.host(address)));
    assert.equal(told.size, new Set(real).size);
    for (const address of told) assert.match(address, /^(?!0\.|127\.|22[4-9]\.|2[345]\d\.)\d+\.\d+\.\d+\.\d+$/);
  });

  it('loopback, unspecified, multicast and broadcast addresses and localhost stay', () => {
    const pseudonyms = made();
    for (const name of [
      '127.0.0.1',
      '127.9.8.7',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'localhost',
      '',
    ])
      assert.equal(pseudonyms.host(name), name);
  });

  it('an IPv4-mapped address is the mapped one of the same IPv4 address', () => {
    const pseudonyms = made();
    assert.equal(pseudonyms.host('::ffff:10.0.0.7'), `::ffff:${pseudonyms.host('10.0.0.7')}`);
    assert.equal(pseudonyms.host('::FFFF:A00:7'), pseudonyms.host('::ffff:10.0.0.7'));
    assert.equal(pseudonyms.host('::ffff:127.0.0.1'), '::ffff:127.0.0.1');
  });

  it('IPv6 → fd00::/8, the same however it is spelled', () => {
    const pseudonyms = made();
    assert.match(pseudonyms.host('2001:DB8:0:0::7'), /^fd[\da-f]{2}:/);
    assert.equal(pseudonyms.host('2001:DB8:0:0::7'), pseudonyms.host('2001:db8::7'));
    assert.equal(pseudonyms.host('fe80::1%eth0'), pseudonyms.host('fe80::1'));
  });

  it('a host name → a name below .invalid', () => assert.match(made().host('db.internal'), /^h[\da-f]{16}\.invalid$/));

  it('more than are kept: what was forgotten comes out the same', () => {
    const pseudonyms = made();
    const first = pseudonyms.host('db.internal');
    for (let n = 0; n < 10_001; n++) pseudonyms.word(`${n}`);
    assert.equal(pseudonyms.host('db.internal'), first);
  });
});

describe('a recording with pseudonyms', () => {
  const pseudonyms = made();
  const [local, peer] = [endpoint('10.20.30.40', 50_000), endpoint('2001:db8::99', 443)];
  const requested = { address: 'db.internal', port: 443 };
  const tuple = { local, peer };
  const id = { tuple };
  const name = connectionId(id, seconds(5));
  const host = { kind: 'host', source: 'userland', at: seconds(5), scope: 'process' } as const;
  const site = undefined;
  const sample = [{ connectionId: name, local, peer, ageS: 1 }];
  const authors = [
    { why: 'no_keep_alive', count: 1, site, oldestS: 1, perSecond: 1, requested, sample, inferred: false },
  ] as const;
  const place = {
    localAddress: local.address,
    peerAddress: peer.address,
    peerPort: 443,
    ports: 1,
    timeWaits: 1,
    authors,
  };
  const signals = { request: 'GET /customers/alice' };
  const all: readonly Observation[] = [
    row(id, 5, 'established'),
    connecting(1, 5, { id, requested }),
    { ...host, fact: { name: 'refusal', at: seconds(5), requested } },
    {
      ...host,
      fact: {
        name: 'census',
        census: { states: [], whole: true, sockets: 1, timeWaits: 1, destinations: [place], listeners: [] },
      },
    },
    {
      ...host,
      fact: {
        ...{ name: 'race', at: seconds(5), connectionId: name, local, peer, requested, error: 'EPIPE', finBeforeMs: 1 },
        ...{ request: signals.request, peerIdleMs: undefined, agentIdleMs: undefined, site },
      },
    },
    {
      ...host,
      fact: {
        ...{ name: 'idle_agents', destination: formatEndpoint(requested), agents: 1, connections: 1, others: 0 },
        ...{ oldestMs: 1, newestAt: seconds(1), sample: [{ connectionId: name, local, peer, idleMs: 1, site }] },
      },
    },
    {
      ...host,
      fact: {
        ...{ name: 'port_failure', at: seconds(5), error: 'EADDRINUSE', peer, requested, localAddress: local.address },
        ...{ count: 1, sample: [{ at: seconds(5), connectionId: name, site }] },
      },
    },
    {
      kind: 'lost',
      source: 'procfs',
      at: seconds(5),
      count: 1,
      what: 'lines; the first: 10.20.30.40:50000 db.internal',
    },
  ];
  const written = all.map((said) => encodeObservation(said, { pseudonyms }));

  it('names neither address, nor host, nor what a path is made of', () => {
    for (const line of written) assert.doesNotMatch(line, /10\.20\.30\.40|2001:db8|db\.internal|customers|alice/);
  });

  it('has the same pseudonym in every place, and the ports as they are', () => {
    const [hiddenLocal, hiddenPeer] = [local, peer].map(({ address, port }) =>
      formatEndpoint({ address: pseudonyms.host(address), port }),
    );
    const id = `tcp:${hiddenLocal}-${hiddenPeer}@5000000`;
    const [first, second, , , race, idle, failure] = written.map((line) => JSON.parse(line));
    assert.deepEqual(first.id.tuple, { local: hiddenLocal, peer: hiddenPeer });
    assert.deepEqual([race.fact.connectionId, race.fact.local, race.fact.peer], [id, hiddenLocal, hiddenPeer]);
    assert.equal(idle.fact.sample[0].connectionId, id);
    assert.deepEqual([idle.fact.destination, race.fact.requested], [second.requested, second.requested]);
    assert.equal(failure.fact.localAddress, pseudonyms.host(local.address));
  });

  it('is read like any other', () => {
    for (const line of written) assert.notEqual(decodeLine(line).kind, 'bad_line', line);
  });

  it('a path keeps its depth; a method stays', () => {
    assert.match(JSON.parse(written[4] ?? '').fact.request, /^GET \/~[\da-f]{10}\/~[\da-f]{10}$/);
  });

  it('what is of no known form is hidden whole', () => {
    const odd: Observation = {
      ...{ kind: 'host', source: 'userland', at: seconds(5), scope: 'process' },
      fact: {
        ...{ name: 'race', at: seconds(5), connectionId: 'tcp:secret', local, peer, requested, error: 'secret' },
        ...{ request: 'secret', finBeforeMs: 1, peerIdleMs: undefined, agentIdleMs: undefined, site },
      },
    };
    assert.doesNotMatch(encodeObservation(odd, { pseudonyms }), /secret/);
  });

  it('its header says so; of what is ignored the hosts have theirs, and networks are left out', () => {
    const options = {
      ignore: ['db.internal:443', ':9464', '10.20.30.40', '10.0.0.0/8', '[2001:db8::99]:443'],
      closeWaitMs: 1,
    };
    const header: RecordingHeader = {
      ...{ kind: 'recording', version: 1, synfin: '0.1.0', part: 1, run: 'a', pid: 1, thread: 0, node: 'v22.0.0' },
      ...{ platform: 'linux', startedAt: '2026-11-23T02:00:00Z', at: instant(1), pseudonyms: true, options },
    };
    const read = decodeLine(encodeHeader(header, pseudonyms)) as RecordingHeader;
    assert.deepEqual(read.options, {
      closeWaitMs: 1,
      ignore: [
        `${pseudonyms.host('db.internal')}:443`,
        ':9464',
        pseudonyms.host('10.20.30.40'),
        `[${pseudonyms.host('2001:db8::99')}]:443`,
      ],
    });
    assert.deepEqual(decodeLine(encodeHeader(header)), header);
  });
});
