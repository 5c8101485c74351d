import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Observation } from '../../src/connection/observation.ts';
import type { RecordingHeader } from '../../src/recording/header.ts';
import { type BadLine, decodeLine, encodeHeader, encodeObservation } from '../../src/recording/line.ts';
import { instant } from '../../src/tcp/identity.ts';
import { connecting, row, socketId, tcpInfo } from '../connection/observations.ts';
import { anyObservation, comparable, observations } from './any-observation.ts';

const header: RecordingHeader = {
  kind: 'recording',
  version: 1,
  synfin: '0.1.0',
  part: 1,
  run: '4f2c',
  pid: 4711,
  thread: 0,
  node: 'v22.1.0',
  platform: 'linux',
  startedAt: '2026-11-23T02:00:00.000Z',
  at: instant(123_456.789),
  pseudonyms: false,
  options: { closeWaitMs: 30_000, timeWaitShare: 0.5, callSites: 'sample', enabled: true, ignore: [':9464'] },
};

const bad = (line: string): BadLine => {
  const decoded = decodeLine(line);
  assert.equal(decoded.kind, 'bad_line', line);
  return decoded as BadLine;
};

describe('an observation and its line', () => {
  for (const [kind, arbitrary] of Object.entries(observations))
    it(`${kind}: what was written is what is read`, () => {
      fc.assert(
        fc.property(arbitrary, (said) => {
          const line = encodeObservation(said);
          assert.doesNotMatch(line, /\n/);
          assert.deepEqual(comparable(decodeLine(line)), comparable(said));
        }),
        { numRuns: 200 },
      );
    });

  it('is JSON that a person can read, with the names of the types', () => {
    const said = row(socketId(1), 5, 'close_wait', { receiveQueue: 1 });
    assert.deepEqual(JSON.parse(encodeObservation(said)).id.tuple, { local: '10.0.0.1:40001', peer: '10.0.0.2:80' });
    assert.equal(JSON.parse(encodeObservation(said)).state, 'close_wait');
  });

  it('a field that is undefined is absent afterwards; one that must be there is undefined again', () => {
    const said = row(socketId(1), 5, 'established', { info: undefined });
    assert.equal('info' in (decodeLine(encodeObservation(said)) as object), false);
    const old = row(socketId(1), 5, 'established', { info: tcpInfo('established', { bytesSent: undefined }) });
    const read = decodeLine(encodeObservation(old)) as { info: object };
    assert.ok('bytesSent' in read.info && read.info.bytesSent === undefined);
  });

  it('times keep their fractions', () => {
    const said = { ...row(socketId(1), 5, 'established'), at: instant(12_345_678_901.234_5) };
    assert.equal((decodeLine(encodeObservation(said)) as { at: number }).at, 12_345_678_901.234_5);
  });

  it('a context is left out; a trace id comes back in its place', () => {
    const said = connecting(1, 5, { context: { secret: 'of the application' } });
    assert.doesNotMatch(encodeObservation(said), /secret|application/);
    assert.deepEqual((decodeLine(encodeObservation(said)) as { context: unknown }).context, undefined);
    const traced = encodeObservation(said, { traceId: '0af7651916cd43dd8448eb211c80319c' });
    assert.deepEqual((decodeLine(traced) as { context: unknown }).context, {
      traceId: '0af7651916cd43dd8448eb211c80319c',
    });
  });
});

describe('a header and its line', () => {
  it('what was written is what is read', () => assert.deepEqual(decodeLine(encodeHeader(header)), header));

  it('another version → bad_line that says which', () => {
    const line = encodeHeader(header).replace('"version":1', '"version":2');
    assert.match(bad(line).why, /version 2 .*not known.*version 1/);
    assert.match(bad('{"kind":"recording"}').why, /version undefined/);
  });

  it('an option called __proto__ is one like any other', () => {
    const line = encodeHeader(header).replace('"enabled":true', '"__proto__":7');
    const read = decodeLine(line) as RecordingHeader;
    assert.deepEqual(Object.keys(read.options).includes('__proto__'), true);
    assert.equal(Object.getPrototypeOf(read.options), Object.prototype);
  });
});

describe('any line', () => {
  /** Decoding again what was decoded and written changes nothing: it was right in every field. */
  const isRight = (line: string) => {
    const decoded = decodeLine(line);
    if (decoded.kind === 'bad_line') {
      assert.ok(decoded.why.length > 0 && decoded.text.length <= 200 && line.startsWith(decoded.text));
      return;
    }
    const again = decoded.kind === 'recording' ? encodeHeader(decoded) : encodeObservation(decoded);
    const traceId = 'context' in decoded ? (decoded.context as { traceId: string } | undefined)?.traceId : undefined;
    const written = decoded.kind === 'recording' ? again : encodeObservation(decoded as Observation, { traceId });
    assert.deepEqual(comparable(decodeLine(written)), comparable(decoded));
  };

  it('any text: a value or a bad_line', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), isRight), { numRuns: 2000 });
  });

  it('a line with one piece put in the place of another: a value that is right, or a bad_line', () => {
    const pieces = fc.constantFrom(
      'null',
      '1e999',
      '-1',
      '"x"',
      '{}',
      '[]',
      '"__proto__"',
      'true',
      '[[]]',
      '1.5',
      '"0:0"',
    );
    fc.assert(
      fc.property(anyObservation, fc.nat(), pieces, (said, which, piece) => {
        const line = encodeObservation(said);
        const values = [...line.matchAll(/(?<=[:[,])(?:"(?:\\.|[^"\\])*"|-?[\d.e+-]+|true|false|null)(?=[,\]}])/g)];
        const at = values[which % Math.max(1, values.length)];
        if (at) isRight(line.slice(0, at.index) + piece + line.slice(at.index + at[0].length));
      }),
      { numRuns: 3000 },
    );
  });

  it('a line that was cut off → bad_line', () => {
    fc.assert(
      fc.property(anyObservation, fc.double({ min: 0, max: 0.999, noNaN: true }), (said, share) => {
        const line = encodeObservation(said);
        bad(line.slice(0, Math.floor(line.length * share)));
      }),
    );
  });

  it('fields that are not known are passed over, whatever they are called', () => {
    const said = row(socketId(1), 5, 'established');
    const line = encodeObservation(said).replace(
      '{',
      '{"later":{"x":[1]},"__proto__":{"state":"listen"},"constructor":1,',
    );
    assert.deepEqual(decodeLine(line), decodeLine(encodeObservation(said)));
  });

  it('a field that only the prototype has is not there', () => {
    assert.match(bad('{"kind":"row","__proto__":{"source":"procfs"}}').why, /^source: .*nothing/);
    assert.match(bad('{"kind":"toString"}').why, /^kind: /);
    Object.defineProperty(Object.prototype, 'drops', { value: 7, configurable: true });
    try {
      const read = decodeLine(encodeObservation(row(socketId(1), 5, 'established')));
      assert.equal(Object.hasOwn(read, 'drops'), false);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'drops');
    }
    assert.match(
      bad('{"kind":"host","source":"procfs","at":1,"scope":"host","fact":{"name":"__proto__"}}').why,
      /^fact: name: /,
    );
  });

  for (const [what, from, to, why] of [
    [
      'a state that there is not',
      '"state":"established"',
      '"state":"ESTABLISHED"',
      /^state: one of established,.*"ESTABLISHED"/,
    ],
    ['a number that is none', '"receiveQueue":0', '"receiveQueue":"0"', /^receiveQueue: a number/],
    ['a number without end', '"receiveQueue":0', '"receiveQueue":1e999', /^receiveQueue: a number/],
    ['a port over 65535', ':80"', ':65536"', /^id: tuple: peer: address:port/],
    ['a cookie that is none', `"cookie":"${socketId(1).cookie}"`, '"cookie":"g"', /^id: cookie: /],
    ['inode 0', /"inode":\d+/, '"inode":0', /^id: inode: /],
    ['a source that there is not', '"source":"sock_diag"', '"source":"tea leaves"', /^source: one of ebpf/],
  ] as const)
    it(`${what} → bad_line that names the field`, () => {
      const line = encodeObservation(row(socketId(1), 5, 'established', { source: 'sock_diag' }));
      const broken = line.replace(from, to);
      assert.notEqual(broken, line);
      assert.match(bad(broken).why, why);
      assert.equal(bad(broken).text, broken.slice(0, 200));
    });

  it('deeper than any line is: no crash', () => {
    bad('['.repeat(1_000_000));
    bad(`${'{"kind":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
  });
});
