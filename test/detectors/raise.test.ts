import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { caseOf } from '../../src/detectors/connection-case.ts';
import type { Group } from '../../src/detectors/group.ts';
import type { Limit } from '../../src/detectors/growth.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { http, lookAt, signals, view } from './views.ts';

/** A raiser and its looks, five seconds apart. What was told, in words. */
class Story {
  readonly raiser = new Raiser('4711');
  descriptors: Limit | undefined;
  #looks = 0;

  look(...groups: Group[]): string[] {
    const told = this.raiser.look(groups.map(caseOf), lookAt(this.#looks++ * 5, { descriptors: this.descriptors }));
    return told.map(({ status, id, count }) => `${status} ${id} ${count}`);
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

  it('not told again → it stays what it was told as, though its numbers move', () => {
    const story = raised(sick(2));
    const statuses = () => story.raiser.findings().map(({ status, count }) => `${status} ${count}`);
    story.looks(20, sick(3));
    assert.deepEqual(statuses(), ['raised 3']);
    story.looks(1, sick(4));
    assert.deepEqual(statuses(), ['changed 4']);
    story.looks(3, sick(5));
    assert.deepEqual(statuses(), ['changed 5']);
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
    const said = [11, 12, 13, 14, 15].flatMap((count) => story.toldIn(4, sick(count)));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', new RegExp(`changed ${first} 1\\d$`));
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

  it('back from the same line, for another request → the same finding', () => {
    const asking = (request: string, first: number) => {
      const seen = { signals: signals({ http: http('client', { request }) }) };
      return sick(0, { connections: [view(first, seen), view(first + 1, seen)] });
    };
    const story = raised(asking('GET /orders/1', 1));
    story.looks(6);
    assert.deepEqual(story.toldIn(10, asking('GET /orders/2', 20)), [`6: changed ${first} 2`]);
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

describe('the leak that a connection was found in', () => {
  it('not told yet → none; told → that finding', () => {
    const story = new Story();
    story.look(sick(3));
    assert.equal(story.raiser.leakOf('c1'), undefined);
    story.look(sick(3));
    assert.deepEqual([story.raiser.leakOf('c1')?.id, story.raiser.leakOf('c4')], [first, undefined]);
  });

  it('joined it since → the same finding', () => {
    const story = raised(sick(3));
    story.look(sick(4));
    assert.equal(story.raiser.leakOf('c4')?.id, first);
  });

  it('not found at the last look, though the finding is open → none', () => {
    const story = raised(sick(3));
    story.look(sick(2));
    assert.equal(story.raiser.leakOf('c3'), undefined);
    story.look();
    assert.equal(story.raiser.leakOf('c1'), undefined);
    assert.equal(story.raiser.findings().length, 1);
  });

  it('another cause than was told → none, until that is told', () => {
    const story = raised(sick(3));
    story.looks(4, sick(3, { cause: 'no_consumer' }));
    assert.equal(story.raiser.leakOf('c1'), undefined);
    story.looks(3, sick(3, { cause: 'no_consumer' }));
    assert.equal(story.raiser.leakOf('c1')?.cause, 'no_consumer');
  });

  it('in trouble of another kind → none', () => {
    const story = new Story();
    story.looks(2, sick(3, { kind: 'stuck_write', cause: 'peer_not_reading' }));
    assert.equal(story.raiser.findings().length, 1);
    assert.equal(story.raiser.leakOf('c1'), undefined);
  });
});
