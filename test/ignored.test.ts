import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Lifecycle, newLifecycle, type Role } from '../src/connection/lifecycle.ts';
import { ignoring, parseIgnored } from '../src/ignored.ts';
import { endpoint } from '../src/tcp/endpoint.ts';
import { instant } from '../src/tcp/identity.ts';

function connection(role: Role, local: string, peer: string, requested?: string): Lifecycle {
  const tuple = { local: at(local), peer: at(peer) };
  const made = newLifecycle(1, { cookie: undefined, inode: undefined, tuple }, instant(0), 'userland', 'established');
  made.role = role;
  made.requested = requested === undefined ? undefined : at(requested);
  return made;
}

function at(text: string) {
  const colon = text.lastIndexOf(':');
  return endpoint(text.slice(0, colon), Number(text.slice(colon + 1)));
}

describe('an entry of `ignore`', () => {
  for (const [text, understood] of [
    ['collector.internal:4318', { kind: 'endpoint', host: 'collector.internal', port: 4318 }],
    ['LOCALHOST:1', { kind: 'endpoint', host: 'localhost', port: 1 }],
    ['10.0.0.7:443', { kind: 'endpoint', host: '10.0.0.7', port: 443 }],
    ['[::1]:9464', { kind: 'endpoint', host: '::1', port: 9464 }],
    [':9464', { kind: 'endpoint', host: undefined, port: 9464 }],
    ['10.0.0.0/8', { kind: 'network', address: '10.0.0.0', family: 'ipv4', prefix: 8 }],
    ['fd00::/8', { kind: 'network', address: 'fd00::', family: 'ipv6', prefix: 8 }],
    ['169.254.169.254', { kind: 'network', address: '169.254.169.254', family: 'ipv4', prefix: 32 }],
    ['::1', { kind: 'network', address: '::1', family: 'ipv6', prefix: 128 }],
  ] as const)
    it(`${text}`, () => assert.deepEqual(parseIgnored(text), understood));

  for (const text of [
    '',
    'host',
    ':0',
    ':65536',
    'host:',
    'a:b:1',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/9',
    '[host]:1',
    'x/8',
  ])
    it(`${JSON.stringify(text)} is not understood`, () => assert.equal(parseIgnored(text), undefined));

  it('any text → an entry or undefined, and what is an entry can be used', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4Extended(), fc.ipV6(), fc.webAuthority({ withPort: true })), (text) => {
        if (parseIgnored(text)) ignoring([text])?.(connection('client', '10.0.0.1:1', '10.0.0.2:2'));
      }),
    );
  });
});

describe('what is ignored', () => {
  const toCollector = connection('client', '10.0.0.1:40000', '10.0.0.9:4318', 'collector:4318');
  const scraped = connection('server', '10.0.0.1:9464', '10.1.2.3:40000');
  const found = connection('unknown', '10.0.0.1:40000', '10.0.0.9:4318');

  for (const [list, ignored, left] of [
    [['collector:4318'], [toCollector], [scraped, found]],
    [['10.0.0.9:4318'], [toCollector, found], [scraped]],
    [[':9464'], [scraped], [toCollector, found]],
    [[':40000'], [found], [toCollector, scraped]],
    [['10.0.0.1:40000'], [found], [toCollector, scraped]],
    [['10.1.0.0/16'], [scraped], [toCollector, found]],
    [['10.0.0.1'], [], [toCollector, scraped, found]],
    [['fd00::/8', ':1'], [], [toCollector, scraped, found]],
  ] as const)
    it(`${list.join(', ')}: the serving end by name or address and port, the peer by network`, () => {
      const isIgnored = ignoring(list);
      assert.deepEqual(
        ignored.map((one) => isIgnored?.(one)),
        ignored.map(() => true),
      );
      assert.deepEqual(
        left.map((one) => isIgnored?.(one)),
        left.map(() => false),
      );
    });

  it('an IPv6 peer in its network; an IPv4-mapped one in the IPv4 network', () => {
    assert.equal(ignoring(['fd00::/8'])?.(connection('server', '::1:80', 'fd00::7:1')), true);
    assert.equal(ignoring(['10.0.0.0/8'])?.(connection('server', '::1:80', '::ffff:10.0.0.7:1')), true);
  });

  it('an empty list asks nothing', () => assert.equal(ignoring([]), undefined));
});
