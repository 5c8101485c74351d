import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ConnectionView } from '../../src/connection/view.ts';
import { type Found, type Group, group, placeOf } from '../../src/detectors/group.ts';
import type { FindingKind, LeakCause } from '../../src/detectors/kinds.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { view } from './views.ts';

const a = ['a (/app/a.js:1:1)', 'main (/app/main.js:1:1)'];
const b = ['b (/app/b.js:1:1)'];
const nowhere: string[] = [];

function found(connection: ConnectionView, cause: LeakCause = 'paused', kind: FindingKind = 'close_wait_leak'): Found {
  return { kind, cause, connection };
}

const ids = (groups: readonly Group[]) => groups.map(({ connections }) => connections.map(({ id }) => id));

describe('group', () => {
  it('nothing found → no group', () => assert.deepEqual(group([]), []));

  it('one kind, cause and line → one group, wherever the connections go', () => {
    const elsewhere = view(2, { callSite: a, requested: endpoint('other', 80) });
    assert.deepEqual(ids(group([found(view(1, { callSite: a })), found(elsewhere)])), [['c1', 'c2']]);
  });

  it('another line, cause or kind → another group', () => {
    const groups = group([
      found(view(1, { callSite: a })),
      found(view(2, { callSite: b })),
      found(view(3, { callSite: a }), 'no_consumer'),
      found(view(4, { callSite: a }), 'paused', 'unread_data'),
    ]);
    assert.deepEqual(ids(groups), [['c1'], ['c2'], ['c3'], ['c4']]);
  });

  it('the nearest line decides, not the way there', () => {
    const other = view(2, { callSite: [a[0] ?? '', 'elsewhere (/app/x.js:9:9)'] });
    assert.deepEqual(ids(group([found(view(1, { callSite: a })), found(other)])), [['c1', 'c2']]);
  });

  it('not sampled, same destination → joins those whose line is known, though it was found before them', () => {
    const groups = group([found(view(1, { callSite: nowhere })), found(view(2, { callSite: a }))]);
    assert.deepEqual(ids(groups), [['c2', 'c1']]);
  });

  it('not sampled, two lines to the same destination → joins the larger group', () => {
    const groups = group([
      found(view(1, { callSite: a })),
      found(view(2, { callSite: b })),
      found(view(3, { callSite: b })),
      found(view(4, { callSite: nowhere })),
    ]);
    assert.deepEqual(ids(groups), [['c1'], ['c2', 'c3', 'c4']]);
  });

  it('not sampled, another cause, kind or destination → a group of its own', () => {
    const groups = group([
      found(view(1, { callSite: a })),
      found(view(2, { callSite: nowhere }), 'no_consumer'),
      found(view(3, { callSite: nowhere }), 'paused', 'unread_data'),
      found(view(4, { callSite: nowhere, requested: endpoint('other', 80) })),
    ]);
    assert.deepEqual(ids(groups), [['c1'], ['c2'], ['c3'], ['c4']]);
  });

  it('none sampled → one group for each destination', () => {
    const groups = group([1, 2, 3].map((n) => found(view(n, { callSite: nowhere, requested: endpoint('db', n % 2) }))));
    assert.deepEqual(ids(groups), [['c1', 'c3'], ['c2']]);
  });

  it('accepted, none sampled → one group for each listener, whoever the peers are', () => {
    const accepted = (n: number, port: number) =>
      view(n, {
        role: 'server',
        callSite: nowhere,
        requested: undefined,
        local: endpoint('::1', port),
        peer: endpoint('::1', 50_000 + n),
      });
    const groups = group([found(accepted(1, 80)), found(accepted(2, 80)), found(accepted(3, 443))]);
    assert.deepEqual(ids(groups), [['c1', 'c2'], ['c3']]);
  });

  it('whatever is found is in exactly one group, of its kind and cause', () => {
    const one = fc.record({
      site: fc.constantFrom(a, b, nowhere),
      port: fc.constantFrom(1, 2),
      cause: fc.constantFrom<LeakCause>('paused', 'unknown'),
      kind: fc.constantFrom<FindingKind>('close_wait_leak', 'unread_data'),
    });
    fc.assert(
      fc.property(fc.array(one), (some) => {
        const all = some.map(({ site, port, cause, kind }, n) =>
          found(view(n, { callSite: site, requested: endpoint('db', port) }), cause, kind),
        );
        const groups = group(all);
        assert.deepEqual(ids(groups).flat().toSorted(), all.map(({ connection }) => connection.id).toSorted());
        for (const { kind, cause, connections } of groups)
          for (const connection of connections)
            assert.ok(all.some((f) => f.connection === connection && f.kind === kind && f.cause === cause));
      }),
    );
  });
});

describe('placeOf', () => {
  it('a client’s is what was asked for, not the address that it came to', () => {
    assert.equal(placeOf(view(1)), 'db:5432');
    assert.equal(placeOf(view(1, { requested: undefined })), '10.0.0.2:5432');
  });

  it('a server’s is the listener', () => {
    assert.equal(placeOf(view(1, { role: 'server', local: endpoint('::1', 80) })), '[::1]:80');
  });

  it('neither known → empty', () => assert.equal(placeOf(view(1, { role: 'unknown', peer: undefined })), ''));
});

describe('many destinations and no call site', () => {
  const many = Array.from({ length: 40 }, (_, n) =>
    found(view(n, { requested: endpoint(`host${n}.example`, 443), callSite: nowhere })),
  );

  it('up to ten are kept apart, the rest is one group', () => {
    const groups = group(many);
    assert.equal(groups.length, 11);
    assert.equal(Math.max(...groups.map(({ connections }) => connections.length)), 30);
  });

  it('nobody is lost on the way', () => {
    assert.deepEqual(ids(group(many)).flat().sort(), many.map(({ connection }) => connection.id).sort());
  });
});
