import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Lifecycle } from '../../src/connection/lifecycle.ts';
import type { LifecycleEvent } from '../../src/connection/lifecycle-event.ts';
import { viewOf } from '../../src/connection/view.ts';
import { seconds } from './observations.ts';
import { limits, story, tellStory } from './stories.ts';

/** How often each kind of event was told of each connection. */
function counter(): (events: readonly LifecycleEvent[]) => Map<Lifecycle, Map<string, number>> {
  const told = new Map<Lifecycle, Map<string, number>>();
  return (events) => {
    for (const { connection, kind } of events) {
      const counts = told.get(connection) ?? new Map<string, number>();
      told.set(connection, counts.set(kind, (counts.get(kind) ?? 0) + 1));
    }
    return told;
  };
}

describe('whatever is observed, in whatever order', () => {
  it('never throws, and holds no more than its limits', () => {
    fc.assert(
      fc.property(story, (observations) => {
        tellStory(observations, (tracker, _, at) => {
          const { connections, released } = tracker.counts();
          assert.ok(connections <= limits.maxConnections, `${connections} connections`);
          assert.ok(released <= limits.maxReleased, `${released} released`);
          const all = [...tracker.connections()];
          assert.equal(all.length, connections);
          for (const suspect of tracker.suspects()) assert.ok(all.includes(suspect));
          for (const connection of all) viewOf(connection, seconds(at));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('each life is told once: one handshake that was completed or failed, one teardown, forgotten once', () => {
    fc.assert(
      fc.property(story, (observations) => {
        const count = counter();
        tellStory(observations, (_, events) => {
          for (const counts of count(events).values()) {
            const times = (kind: LifecycleEvent['kind']) => counts.get(kind) ?? 0;
            assert.ok(times('handshake_started') <= 1);
            assert.ok(times('handshake_completed') + times('handshake_failed') <= 1);
            assert.ok(times('teardown_started') <= 1, 'teardown_started');
            assert.ok(times('teardown_completed') <= 1, 'teardown_completed');
            assert.ok(times('handshake_failed') + times('teardown_completed') <= 1, 'failed, and torn down');
            assert.ok(times('forgotten') <= 1, 'forgotten');
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it('of what is forgotten nothing more is told', () => {
    fc.assert(
      fc.property(story, (observations) => {
        const gone = new Set<Lifecycle>();
        tellStory(observations, (_, events) => {
          for (const { kind, connection } of events) {
            assert.ok(!gone.has(connection), kind);
            if (kind === 'forgotten') gone.add(connection);
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it('a teardown ends no earlier than it began', () => {
    fc.assert(
      fc.property(story, (observations) => {
        const began = new Map<Lifecycle, number>();
        tellStory(observations, (_, events) => {
          for (const event of events)
            if (event.kind === 'teardown_started') began.set(event.connection, event.at);
            else if (event.kind === 'teardown_completed') assert.ok(event.at >= (began.get(event.connection) ?? 0));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('the steps of a view are in the order of time', () => {
    fc.assert(
      fc.property(story, (observations) => {
        tellStory(observations, (tracker, _, at) => {
          for (const connection of tracker.connections()) {
            const times = viewOf(connection, seconds(at)).steps.map((step) => step.at);
            assert.deepEqual(
              times,
              times.toSorted((a, b) => a - b),
            );
          }
        });
      }),
      { numRuns: 500 },
    );
  });
});
