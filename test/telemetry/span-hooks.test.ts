import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Span } from '@opentelemetry/api';
import { newLifecycle } from '../../src/connection/lifecycle.ts';
import { instant } from '../../src/tcp/identity.ts';
import { type ConnectionInfo, GuardedHooks, type SpanHooks } from '../../src/telemetry/span-hooks.ts';

const id = { cookie: undefined, inode: undefined, tuple: undefined };
const connection = () => newLifecycle(1, id, instant(0), 'sock_diag', 'established');
const span = {} as Span;

function guarded(hooks: SpanHooks) {
  const faults: string[] = [];
  return { faults, hooks: new GuardedHooks(hooks, (where, error) => faults.push(`${where}: ${String(error)}`)) };
}

const broken = () => {
  throw new Error('broken');
};

describe('the hooks of the application', () => {
  it('none given → everything is told, without attributes of theirs', () => {
    const { hooks, faults } = guarded({});
    assert.equal(hooks.requireParentSpan, false);
    assert.equal(hooks.ignores(connection(), 'tcp.handshake', instant(1)), false);
    assert.equal(hooks.attributes(connection(), 'tcp.handshake', instant(1)), undefined);
    hooks.ending(span, connection(), 'tcp.teardown', instant(1));
    assert.deepEqual(faults, []);
  });

  it('are told which span it is about, and what is known of the connection', () => {
    const told: ConnectionInfo[] = [];
    const { hooks } = guarded({ connectionHook: (_span, info) => told.push(info) });
    hooks.ending(span, connection(), 'tcp.teardown', instant(2e6));
    assert.deepEqual([told[0]?.span, told[0]?.state, told[0]?.age], ['tcp.teardown', 'established', 2]);
  });

  it('ignoreConnectionHook is asked once for each connection', () => {
    let asked = 0;
    const { hooks } = guarded({ ignoreConnectionHook: () => ++asked > 0 });
    const [one, other] = [connection(), connection()];
    for (const name of ['tcp.handshake', 'tcp.teardown'] as const)
      for (const each of [one, other]) assert.equal(hooks.ignores(each, name, instant(1)), true);
    assert.equal(asked, 2);
  });

  it('only true means ignored', () => {
    const { hooks } = guarded({ ignoreConnectionHook: (() => 'yes') as unknown as () => boolean });
    assert.equal(hooks.ignores(connection(), 'tcp.handshake', instant(1)), false);
  });

  it('one that throws → the connection is told as if there were none, and the error is counted', () => {
    const { hooks, faults } = guarded({ ignoreConnectionHook: broken, startSpanHook: broken, connectionHook: broken });
    assert.equal(hooks.ignores(connection(), 'tcp.handshake', instant(1)), false);
    assert.equal(hooks.attributes(connection(), 'tcp.handshake', instant(1)), undefined);
    hooks.ending(span, connection(), 'tcp.handshake', instant(1));
    assert.deepEqual(faults, [
      'ignoreConnectionHook: Error: broken',
      'startSpanHook: Error: broken',
      'connectionHook: Error: broken',
    ]);
  });

  it('an async one that fails → no unhandled rejection', async () => {
    const { hooks, faults } = guarded({ connectionHook: async () => broken() });
    hooks.ending(span, connection(), 'tcp.handshake', instant(1));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(faults, ['connectionHook: Error: broken']);
  });
});
