import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionView } from '../../src/connection/view.ts';
import type { Finding, LeakCause } from '../../src/detectors/detector.ts';
import type { Group } from '../../src/detectors/group.ts';
import type { Limit } from '../../src/detectors/growth.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { lookAt, signals, view } from './views.ts';

/** A raiser and its looks, five seconds apart. What was told, in words. */
class Story {
  readonly raiser = new Raiser('4711');
  descriptors: Limit | undefined;
  #looks = 0;

  tell(...groups: Group[]): Finding[] {
    const { descriptors } = this;
    return this.raiser.look(groups, lookAt(this.#looks++ * 5, { descriptors, traceOf: ({ id }) => `trace-of-${id}` }));
  }

  look(...groups: Group[]): string[] {
    return this.tell(...groups).map(({ status, id, count }) => `${status} ${id} ${count}`);
  }

  looks(times: number, ...groups: Group[]): string[][] {
    return Array.from({ length: times }, () => this.look(...groups));
  }

  /** What was told of these looks, and in which of them, from 1. */
  toldIn(times: number, ...groups: Group[]): string[] {
    return this.looks(times, ...groups).flatMap((said, look) => said.map((what) => `${look + 1}: ${what}`));
  }
}

function sick(count: number, fields: Partial<Group> = {}, first = 1): Group {
  const connections = Array.from({ length: count }, (_, n) => view(first + n));
  return { kind: 'close_wait_leak', cause: 'paused', connections, ...fields };
}

const first = 'close_wait_leak-4711-1';

function raised(group: Group, descriptors?: Limit): Story {
  const story = new Story();
  story.descriptors = descriptors;
  assert.deepEqual(story.looks(2, group), [[], [`raised ${first} ${group.connections.length}`]]);
  return story;
}

describe('raised', () => {
  it('in the second look, once, and never again while it stays as it is', () => {
    assert.deepEqual(raised(sick(3)).toldIn(100, sick(3)), []);
  });

  it('there for one look only → never told', () => {
    const story = new Story();
    story.look(sick(3));
    assert.deepEqual(story.toldIn(50), []);
    assert.deepEqual(story.raiser.findings(), []);
  });

  it('still growing → waited for, so that those who fall ill together are told of together', () => {
    const story = new Story();
    assert.deepEqual(
      [sick(1), sick(2), sick(2)].map((group) => story.look(group)),
      [[], [], [`raised ${first} 2`]],
    );
  });

  it('growing without end → told in the fourth look all the same', () => {
    const story = new Story();
    const groups = [sick(1), sick(2), sick(3), sick(4)];
    assert.deepEqual(
      groups.map((group) => story.look(group)),
      [[], [], [], [`raised ${first} 4`]],
    );
  });

  it('open from then on, not before', () => {
    const story = new Story();
    story.look(sick(1));
    assert.deepEqual(story.raiser.findings(), []);
    story.look(sick(1));
    assert.deepEqual(
      story.raiser.findings().map(({ id, status }) => `${status} ${id}`),
      [`raised ${first}`],
    );
  });

  it('two groups → two findings, each with its id', () => {
    const story = new Story();
    const other = sick(2, { kind: 'unread_data' }, 10);
    story.look(sick(1), other);
    assert.deepEqual(story.look(sick(1), other), [`raised ${first} 1`, 'raised unread_data-4711-2 2']);
  });
});

describe('changed', () => {
  it('doubled → in the sixth look after it was told; one short of it → not at all', () => {
    assert.deepEqual(raised(sick(2)).toldIn(20, sick(4)), [`6: changed ${first} 4`]);
    assert.deepEqual(raised(sick(2)).toldIn(20, sick(3)), []);
  });

  it('halved → told; a little more than half → not', () => {
    assert.deepEqual(raised(sick(4)).toldIn(20, sick(2)), [`6: changed ${first} 2`]);
    assert.deepEqual(raised(sick(4)).toldIn(20, sick(3)), []);
  });

  it('quiet for long, then doubled → told at once', () => {
    const story = raised(sick(2));
    story.looks(10, sick(2));
    assert.deepEqual(story.look(sick(4)), [`changed ${first} 4`]);
  });

  it('doubling in every look → told once in six', () => {
    const story = raised(sick(1));
    const said = Array.from({ length: 12 }, (_, look) => story.look(sick(2 ** Math.min(look + 1, 8))));
    assert.deepEqual(
      said.flatMap((told, look) => (told.length > 0 ? [look + 1] : [])),
      [6, 12],
    );
  });

  it('the cause becomes clearer → told, under the same id', () => {
    const story = raised(sick(2, { cause: 'unknown' }));
    const clearer = story.raiser;
    assert.deepEqual(story.toldIn(10, sick(2, { cause: 'pipe_stuck' })), [`6: changed ${first} 2`]);
    assert.deepEqual(
      clearer.findings().map(({ id, cause }) => `${id} ${cause}`),
      [`${first} pipe_stuck`],
    );
  });

  it('severity changes → told', () => {
    const story = raised(sick(2), { usage: 10, limit: 1000 });
    story.descriptors = { usage: 950, limit: 1000 };
    assert.deepEqual(story.toldIn(20, sick(2)), [`6: changed ${first} 2`]);
    assert.equal(story.raiser.findings()[0]?.severity, 'critical');
  });

  it('a forecast appears once five looks over a minute show growth → told', () => {
    const story = raised(sick(10), { usage: 0, limit: 1e9 });
    const said = story.toldIn(20, sick(11));
    assert.deepEqual(said, [`11: changed ${first} 11`]);
    assert.equal(story.raiser.findings()[0]?.severity, 'warning');
    assert.equal(story.raiser.findings()[0]?.forecast?.limit, 1e9);
  });
});

describe('cleared', () => {
  it('gone → told so once after six looks, cleared once after 24, and then forgotten', () => {
    const story = raised(sick(3));
    assert.deepEqual(story.toldIn(100), [`6: changed ${first} 0`, `24: cleared ${first} 0`]);
    assert.deepEqual(story.raiser.findings(), []);
  });

  it('open until then, with nothing left to count', () => {
    const story = raised(sick(3));
    story.looks(23);
    assert.deepEqual(
      story.raiser.findings().map(({ id, count, forecast }) => [id, count, forecast]),
      [[first, 0, null]],
    );
  });

  it('back in the 23rd look, other connections of the same place → the same finding, 24 looks more', () => {
    const story = raised(sick(3));
    story.looks(23);
    assert.deepEqual(story.toldIn(1, sick(3, {}, 20)), [`1: changed ${first} 3`]);
    assert.deepEqual(story.toldIn(23), [`6: changed ${first} 0`]);
    assert.deepEqual(story.look(), [`cleared ${first} 0`]);
  });

  it('back after it was cleared → another finding', () => {
    const story = raised(sick(3));
    story.looks(24);
    assert.deepEqual(story.toldIn(5, sick(3)), ['2: raised close_wait_leak-4711-2 3']);
  });

  it('gone, and elsewhere something new → not taken for it', () => {
    const story = raised(sick(3));
    const elsewhere = [view(50, { callSite: ['other (/app/other.js:1:1)'], requested: endpoint('other', 80) })];
    const other = sick(1, { connections: elsewhere });
    assert.deepEqual(story.toldIn(24, other), [
      '2: raised close_wait_leak-4711-2 1',
      `6: changed ${first} 0`,
      `24: cleared ${first} 0`,
    ]);
  });
});

describe('what it says', () => {
  function described(connections: ConnectionView[], cause: LeakCause = 'paused'): Finding {
    const story = new Story();
    const group = sick(0, { connections, cause });
    story.tell(group);
    const [finding] = story.tell(group);
    assert.ok(finding);
    return finding;
  }

  it('the sample: the ten oldest, oldest first', () => {
    const { sample, count } = described(Array.from({ length: 30 }, (_, n) => view(n)));
    assert.equal(count, 30);
    assert.deepEqual(
      sample.map(({ age_s }) => age_s),
      [29, 28, 27, 26, 25, 24, 23, 22, 21, 20],
    );
  });

  it('those whose line is known come before one that is only older', () => {
    const { sample, age_s } = described([view(1), view(90, { callSite: [] }), view(2)]);
    assert.deepEqual(
      sample.map(({ connection_id }) => connection_id),
      ['c2', 'c1', 'c90'],
    );
    assert.equal(age_s, 90);
  });

  it('each connection with its ends, state, queue, line and trace', () => {
    const [one] = described([view(7, { receiveQueue: 42, peer: undefined })]).sample;
    assert.deepEqual(one, {
      connection_id: 'c7',
      local: '10.0.0.1:40007',
      peer: null,
      state: 'close_wait',
      age_s: 7,
      rx_queue: 42,
      call_site: ['query (/app/db.js:7:3)'],
      trace_id: 'trace-of-c7',
    });
  });

  it('since when: the state of the oldest, in wall time', () => {
    assert.equal(described([view(1), view(2)]).since, new Date(5000 - 2000).toISOString());
  });

  it('where to: what a client asked for, where a server listens', () => {
    assert.deepEqual(described([view(1)]).subject, { role: 'client', destination: 'db:5432' });
    const server = view(1, { role: 'server', local: endpoint('::1', 80), requested: undefined });
    assert.deepEqual(described([server]).subject, { role: 'server', listener: '[::1]:80' });
    assert.deepEqual(described([view(1, { role: 'unknown' })]).subject, {
      role: 'unknown',
      destination: '10.0.0.2:5432',
    });
  });

  it('a pipe target by its class', () => {
    const piped = signals({ pipes: 1, pipeTarget: { name: 'Gzip', needsDrain: true } });
    assert.equal(described([view(1, { signals: piped })]).subject.pipe_target, 'Gzip');
  });

  it('observed when all were looked into, inferred when one was not', () => {
    assert.equal(described([view(1), view(2)]).confidence, 'observed');
    assert.equal(described([view(1), view(2, { signals: undefined })]).confidence, 'inferred');
  });
});
