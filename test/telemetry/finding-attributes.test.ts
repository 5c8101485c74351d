import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../src/detectors/detector.ts';
import { leakKinds } from '../../src/detectors/kinds.ts';
import { explain } from '../../src/explain/explain.ts';
import { codeAttributes } from '../../src/telemetry/code-attributes.ts';
import { findingAttributes, sampleAttributes, standingAttributes } from '../../src/telemetry/finding-attributes.ts';
import { everyFinding } from '../explain/every-finding.ts';
import { finding, sampled } from '../explain/findings.ts';

const attributesOf = (fields: Partial<Finding> = {}) => findingAttributes(explain(finding(fields)));

describe('what a log record says of a finding', () => {
  it('what it is, how much of it there is, whose connections, and what to do', () => {
    const { 'synfin.finding.advice': advice, ...rest } = attributesOf({ growth_per_minute: 4.5 });
    assert.deepEqual(rest, {
      'synfin.finding.id': 'close_wait_leak-4711-1',
      'synfin.finding.kind': 'close_wait_leak',
      'synfin.finding.cause': 'paused',
      'synfin.finding.severity': 'warning',
      'synfin.finding.status': 'raised',
      'synfin.finding.age': 34,
      'synfin.finding.affected': 3,
      'synfin.finding.growth_rate': 4.5,
      'synfin.finding.confidence': 'observed',
      'synfin.leak.type': 'close_wait',
      'synfin.leak.cause': 'paused',
      'network.transport': 'tcp',
      'synfin.tcp.role': 'client',
      'server.address': 'db',
      'server.port': 5432,
    });
    assert.equal(advice, explain(finding()).advice);
  });

  it('a listener, by its address', () => {
    const told = attributesOf({ subject: { role: 'server', listener: '[::1]:8080' } });
    assert.deepEqual([told['synfin.tcp.role'], told['server.address'], told['server.port']], ['server', '::1', 8080]);
  });

  it('several places, or none → no server.address', () => {
    assert.ok(!('server.address' in attributesOf({ subject: { role: 'client' } })));
  });

  it('a forecast, and the share of a limit', () => {
    const told = attributesOf({
      kind: 'time_wait_buildup',
      cause: 'no_keep_alive',
      subject: { role: 'client', local_address: '10.0.0.1', share: 0.52, limit: 28_232 },
      forecast: { limit: 28_232, reached_in_s: 600 },
    });
    assert.deepEqual(
      [told['synfin.finding.share'], told['synfin.finding.limit'], told['network.local.address']],
      [0.52, 28_232, '10.0.0.1'],
    );
    assert.deepEqual(
      [told['synfin.finding.forecast.limit'], told['synfin.finding.forecast.reached_in']],
      [28_232, 600],
    );
    assert.ok(!('synfin.leak.type' in told), 'it is no leak');
  });

  it('error.type where connect() failed for want of a port, and nowhere else', () => {
    const ports = { kind: 'ephemeral_ports', cause: 'exhausted' } as const;
    const error = (fields: Partial<Finding>) => attributesOf(fields)['error.type'];
    assert.equal(error({ ...ports, subject: { role: 'client', failures: 5 } }), 'EADDRNOTAVAIL');
    assert.equal(error({ ...ports, subject: { role: 'client', failures: 1, pooled_bind: true } }), 'EADDRINUSE');
    assert.equal(error({ ...ports, subject: { role: 'client', failures: 0 } }), undefined);
    assert.equal(error({ ...ports, subject: { role: 'client' } }), undefined);
    assert.equal(error({ subject: { role: 'client', failures: 5 } }), undefined);
  });

  it('of every finding there can be: texts and finite numbers, none of them empty', () => {
    for (const one of everyFinding()) {
      const [oldest] = one.sample;
      const told = { ...findingAttributes(explain(one)), ...(oldest && standingAttributes(one, oldest)) };
      for (const [name, value] of Object.entries(told))
        assert.ok(typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' && value !== '', name);
      assert.equal('synfin.leak.type' in told, (leakKinds as readonly string[]).includes(one.kind));
    }
  });
});

describe('what it says of the oldest connection', () => {
  it('which one it is, and its line', () => {
    assert.deepEqual(sampleAttributes(sampled(1)), {
      'synfin.connection.id': '16385',
      'network.type': 'ipv4',
      'network.local.address': '10.0.0.1',
      'network.local.port': 40_001,
      'network.peer.address': '10.0.0.2',
      'network.peer.port': 5432,
      ...codeAttributes(sampled(1).call_site),
    });
  });

  it('IPv6', () => {
    const told = sampleAttributes(sampled(1, { local: '[::1]:40001', peer: '[2001:db8::1]:443' }));
    assert.deepEqual([told['network.type'], told['network.peer.address']], ['ipv6', '2001:db8::1']);
  });

  it('what is not known is not there', () => {
    const nobody = sampled(1, { connection_id: 'unknown', local: null, peer: null, call_site: [] });
    assert.deepEqual(sampleAttributes(nobody), {});
  });

  it('how it stands: its state, and of a leak its age', () => {
    const one = sampled(1, { age_s: 12.5 });
    assert.deepEqual(standingAttributes(finding(), one), {
      'network.connection.state': 'close_wait',
      'synfin.leak.age': 12.5,
    });
    assert.deepEqual(standingAttributes(finding({ kind: 'stuck_write' }), one), {
      'network.connection.state': 'close_wait',
    });
  });
});

describe('where in the code', () => {
  it('the nearest frame in parts, and all frames as the engine writes them', () => {
    assert.deepEqual(codeAttributes(['query (/app/src/db/pool.js:7:3)', 'handler (/app/src/routes.js:81:22)']), {
      'code.function.name': 'query',
      'code.file.path': '/app/src/db/pool.js',
      'code.line.number': 7,
      'code.column.number': 3,
      'code.stacktrace': '    at query (/app/src/db/pool.js:7:3)\n    at handler (/app/src/routes.js:81:22)',
    });
  });

  it('a function without a name has none', () => {
    const told = codeAttributes(['<anonymous> (/app/index.js:1:1)']);
    assert.deepEqual([told['code.function.name'], told['code.file.path']], [undefined, '/app/index.js']);
  });

  it('no frame → nothing', () => assert.deepEqual(codeAttributes([]), {}));

  it('paths and names of all sorts come through', () => {
    const name = fc.string().filter((text) => text !== '' && text !== '<anonymous>' && !text.includes(' ('));
    const place = fc.tuple(fc.string(), fc.nat(), fc.nat());
    fc.assert(
      fc.property(name, place, (fn, [path, line, column]) => {
        // A name that ends in a blank would run into the parenthesis.
        fc.pre(!fn.endsWith(' '));
        const told = codeAttributes([`${fn} (${path}:${line}:${column})`]);
        assert.deepEqual(
          [told['code.function.name'], told['code.file.path'], told['code.line.number'], told['code.column.number']],
          [fn, path, line, column],
        );
      }),
    );
  });

  it('any text: attributes or only the stack, never a crash', () => {
    fc.assert(fc.property(fc.string(), (text) => 'code.stacktrace' in codeAttributes([text])));
  });
});
