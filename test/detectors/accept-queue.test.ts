import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Counters, ListenerFact, Sysctls } from '../../src/connection/host-fact.ts';
import { AcceptQueue } from '../../src/detectors/accept-queue.ts';
import type { CaseFacts } from '../../src/detectors/case.ts';
import { Growth } from '../../src/detectors/growth.ts';
import { atOnce } from '../../src/detectors/steps.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds } from '../connection/observations.ts';
import { hostLook, listening } from './host-looks.ts';
import { lookAt } from './views.ts';

interface Moment {
  /** Since the look before. */
  readonly drops?: number;
  readonly overflows?: number;
  /** Dropped at any listener, for another reason. */
  readonly otherDrops?: number;
  readonly heldMs?: number | undefined;
  readonly queue?: number;
}

/** Looks at one listener, five seconds apart. */
class Story {
  readonly detector = new AcceptQueue();
  readonly #listener: Partial<ListenerFact>;
  readonly #sysctls: Sysctls;
  #looks = 0;
  #drops = 0;
  #overflows = 1000;
  #others = 50;

  constructor(listener: Partial<ListenerFact> = {}, sysctls: Sysctls = { somaxconn: 4096 }) {
    this.#listener = listener;
    this.#sysctls = sysctls;
  }

  /** `cause count`, as this look says it, or nothing. */
  look(moment: Moment = {}): string {
    return this.cases(moment)
      .map(({ cause, count }) => `${cause} ${count}`)
      .join();
  }

  cases({ drops = 0, overflows = drops, otherDrops = 0, heldMs = 5, queue = 0 }: Moment = {}) {
    this.#drops += drops;
    this.#overflows += overflows;
    this.#others += otherDrops;
    const counters: Counters = { ListenOverflows: this.#overflows, ListenDrops: this.#overflows + this.#others };
    const listeners = [listening({ drops: this.#drops, queue, ...this.#listener })];
    const look = hostLook({ counters, listeners, loopDelayMs: heldMs, sysctls: this.#sysctls });
    return this.detector.examine(look, seconds(5 * this.#looks++));
  }

  facts(moment: Moment = {}): CaseFacts {
    const [found] = this.cases(moment);
    assert.ok(found);
    return atOnce(found.describe(new Growth(), lookAt(5 * (this.#looks - 1))));
  }

  /** After a first look, which sees the counters only as they were left. */
  looks(...moments: Moment[]): string[] {
    this.look();
    return moments.map((moment) => this.look(moment));
  }
}

/*
 *   healthy   drops  0 ─── 0 ─── 0 ─── 0        queue ▁▅▂▁▇▁
 *   burst     drops  0 ─── 9 ─── 9 ─── 9        one look: the second SYN found room
 *   sick      drops  0 ─── 9 ─── 9 ─── 15       two looks of the last twelve
 */
describe('turned away', () => {
  it('a queue that fills and empties, nobody dropped → nothing', () => {
    const busy = Array.from({ length: 30 }, (_, n) => ({ queue: (n * 97) % 511 }));
    assert.deepEqual(new Set(new Story().looks(...busy)), new Set(['']));
  });

  it('in one look → nothing; in two of the last twelve → found, with all that were', () => {
    assert.deepEqual(new Story().looks({ drops: 9 }, {}, {}, { drops: 6 }), ['', '', '', 'backlog_too_small 15']);
  });

  const quiet = (looks: number) => Array.from({ length: looks }, () => ({}));

  it('in two looks four apart → found; five apart, each over by the next → two bursts, and nothing', () => {
    assert.equal(new Story().looks({ drops: 9 }, ...quiet(3), { drops: 1 }).at(-1), 'backlog_too_small 10');
    assert.equal(new Story().looks({ drops: 9 }, ...quiet(4), { drops: 1 }).at(-1), '');
    assert.equal(new Story().looks({ drops: 9 }, ...quiet(9), { drops: 1 }).at(-1), '');
  });

  it('two bursts far apart that turned away as many as the queue holds → found; one fewer → nothing', () => {
    assert.equal(new Story().looks({ drops: 500 }, ...quiet(9), { drops: 11 }).at(-1), 'backlog_too_small 511');
    assert.equal(new Story().looks({ drops: 500 }, ...quiet(9), { drops: 10 }).at(-1), '');
  });

  it('in two looks eleven apart, however many → found; twelve apart → nothing', () => {
    assert.equal(new Story().looks({ drops: 900 }, ...quiet(10), { drops: 1 }).at(-1), 'backlog_too_small 901');
    assert.equal(new Story().looks({ drops: 900 }, ...quiet(11), { drops: 1 }).at(-1), '');
  });

  it('what was dropped before the first look → nobody knows when', () => {
    const story = new Story({ drops: 5000 });
    assert.deepEqual(story.looks({}, {}, {}), ['', '', '']);
  });

  it('over for twelve looks → gone', () => {
    const quiet = Array.from({ length: 12 }, () => ({}));
    assert.equal(new Story().looks({ drops: 9 }, { drops: 9 }, ...quiet).at(-1), '');
  });

  it('full in two looks: who was turned away in one of them → found; nobody → nothing', () => {
    assert.deepEqual(new Story().looks({ queue: 512 }, { queue: 512 }), ['', '']);
    assert.deepEqual(new Story().looks({ queue: 512 }, { queue: 512, drops: 3 }), ['', 'backlog_too_small 3']);
  });
});

/*
 *   ListenOverflows   any listener of the namespace     ▐other▌ ▐ours▌
 *   drops             ours, for whatever reason                 ▐ours▌ ▐SYN queue▌
 */
describe('whose, and why', () => {
  it('the namespace’s overflows grow, this listener’s drops do not → another’s', () => {
    assert.deepEqual(new Story().looks({ overflows: 90 }, { overflows: 90 }, { overflows: 90 }), ['', '', '']);
  });

  it('this listener’s drops grow, no overflows: its SYN queue is full → not this', () => {
    const flood = { drops: 700, overflows: 0, otherDrops: 700 };
    assert.deepEqual(new Story().looks(flood, flood, flood), ['', '', '']);
  });

  it('a flood of SYNs here, and another’s accept queue overflows → not this', () => {
    const both = { drops: 700, overflows: 90, otherDrops: 700 };
    assert.deepEqual(new Story().looks(both, both, both), ['', '', '']);
  });

  it('both here → what the overflows account for', () => {
    const both = { drops: 790, overflows: 90, otherDrops: 700, queue: 512 };
    assert.deepEqual(new Story().looks(both, both), ['', 'backlog_too_small 180']);
  });

  it('the two counters are read one after the other: an overflow in between counts, and counts once', () => {
    const between = [{ overflows: 40 }, { drops: 40, overflows: 0 }];
    assert.deepEqual(new Story().looks(...between, ...between), ['', '', '', 'backlog_too_small 80']);
    assert.deepEqual(new Story().looks({ drops: 40 }, { drops: 40, overflows: 0 }), ['', '']);
  });
});

/*
 *   counter of 32 bits    4294967290 ──▶ 4        ten more
 *   namespace made anew         5000 ──▶ 0        not known
 */
describe('counters', () => {
  it('the listener’s wraps → goes on', () => {
    const detector = new AcceptQueue();
    const looks = [2 ** 32 - 20, 2 ** 32 - 10, 4].map((drops, n) => {
      const counters = { ListenOverflows: 100 + 14 * n, ListenDrops: 100 + 14 * n };
      const look = hostLook({ counters, listeners: [listening({ drops })], sysctls: { somaxconn: 4096 } });
      return detector.examine(look, seconds(n)).map(({ count }) => count);
    });
    assert.deepEqual(looks, [[], [], [24]]);
  });

  it('the namespace’s begin anew, the listener’s go down → nothing', () => {
    const detector = new AcceptQueue();
    for (let n = 0; n < 12; n++) {
      const counters = { ListenOverflows: 5000 - n, ListenDrops: 5000 - n };
      const look = hostLook({ counters, listeners: [listening({ drops: 900 - n })] });
      assert.deepEqual(detector.examine(look, seconds(n)), []);
    }
  });

  it('the namespace’s cannot be read → the listener’s own count', () => {
    const detector = new AcceptQueue();
    const looks = [0, 7, 9].map((drops, n) =>
      detector.examine(hostLook({ listeners: [listening({ drops })] }), seconds(n)).map(({ count }) => count),
    );
    assert.deepEqual(looks, [[], [], [9]]);
  });
});

describe('where the count is missing', () => {
  function counts(...drops: (number | undefined)[]): string[] {
    const detector = new AcceptQueue();
    return drops.map((counted, n) => {
      const counters = { ListenOverflows: 10 * n, ListenDrops: 10 * n };
      const listeners = [listening({ drops: counted, queue: 512 })];
      const [found] = detector.examine(hostLook({ counters, listeners }), seconds(n));
      return found ? `${found.count} ${atOnce(found.describe(new Growth(), lookAt(n))).confidence}` : '';
    });
  }

  it('in a look or two → the next one counts what was dropped in all of them', () => {
    assert.deepEqual(counts(0, 10, undefined, undefined, 40), [
      '',
      '10 observed',
      '10 observed',
      '10 observed',
      '40 observed',
    ]);
  });

  it('from then on, since another source looks → inferred after three', () => {
    assert.equal(counts(0, 10, undefined, undefined, undefined).at(-1), '10 observed');
    assert.equal(counts(0, 10, undefined, undefined, undefined, undefined).at(-1), '20 inferred');
  });
});

describe('where nobody counts at the listener', () => {
  const uncounted = { drops: undefined, backlogTold: false };

  it('overflows while its queue is full → this one, inferred', () => {
    const story = new Story(uncounted);
    story.looks({ overflows: 5, queue: 512 });
    assert.equal(story.facts({ overflows: 5, queue: 512 }).confidence, 'inferred');
  });

  it('while it is not full → may be another’s', () => {
    assert.deepEqual(new Story(uncounted).looks(...Array(5).fill({ overflows: 5, queue: 511 })), ['', '', '', '', '']);
  });

  it('and nothing else listens in the namespace → this one', () => {
    const looks = new Story({ ...uncounted, alone: true }).looks({ overflows: 5 }, { overflows: 5 });
    assert.deepEqual(looks, ['', 'backlog_too_small 10']);
  });
});

/*
 *   loop     ▁▁▁▁▁▁▁▁▁        ▁▁█████▁▁           ▁▁▁▁▁▁▁▁▁
 *   queue    ▇▇ of 20         ▇▇▇▇▇ of 511        ▇▇▇▇▇▇▇▇ of 4096 = somaxconn
 *            too small        blocked             overflow
 */
describe('the cause', () => {
  const twice = (moment: Moment): string => new Story().looks(moment, moment).at(-1) ?? '';

  it('held for half a second → the loop; for less → the backlog', () => {
    assert.equal(twice({ drops: 4, heldMs: 500 }), 'loop_blocked 8');
    assert.equal(twice({ drops: 4, heldMs: 499 }), 'backlog_too_small 8');
  });

  it('a delay that is measured only at the next look counts for the one before it, and the other way round', () => {
    assert.equal(new Story().looks({ heldMs: 900 }, { drops: 4 }, { drops: 3, heldMs: 900 }).at(-1), 'loop_blocked 7');
  });

  it('some while it was blocked, more while it was not → not the loop', () => {
    const story = new Story();
    assert.equal(story.looks({ drops: 4, heldMs: 900 }, {}, { drops: 6 }).at(-1), 'backlog_too_small 10');
  });

  it('as long as somaxconn → overflow', () => {
    const story = new Story({ backlog: 4096 });
    assert.equal(story.looks({ drops: 4 }, { drops: 4 }).at(-1), 'overflow 8');
  });

  it('nobody measured the loop, or knows somaxconn → overflow', () => {
    const story = new Story({}, {});
    assert.equal(story.looks({ drops: 4, heldMs: undefined }, { drops: 4 }).at(-1), 'overflow 8');
  });
});

describe('what is said', () => {
  it('the listener, its line, its numbers', () => {
    const story = new Story({ cluster: 'primary' });
    story.looks({ drops: 4, heldMs: 1500 });
    const { subject, sample, since, age_s, severity, confidence } = story.facts({ drops: 4, heldMs: 700, queue: 12 });
    assert.deepEqual(subject, {
      role: 'server',
      listener: '0.0.0.0:8080',
      cluster: 'primary',
      queue: 12,
      limit: 511,
      share: 12 / 511,
      loop_blocked_ms: 1500,
      kernel: { somaxconn: 4096 },
    });
    assert.deepEqual(sample[0]?.call_site, ['main (/app/server.js:9:8)']);
    assert.deepEqual([sample[0]?.state, sample[0]?.rx_queue], ['listen', 12]);
    assert.deepEqual([since, age_s, confidence], ['1970-01-01T00:00:05.000Z', 5, 'observed']);
    assert.equal(severity, 'warning');
  });

  it('critical while it is full: one more than its limit', () => {
    for (const [queue, severity] of [
      [511, 'warning'],
      [512, 'critical'],
    ] as const) {
      const story = new Story();
      story.looks({ drops: 4 });
      assert.equal(story.facts({ drops: 4, queue }).severity, severity);
    }
  });

  it('full at one of the looks, empty now → still critical: it does not change with every burst', () => {
    const story = new Story();
    story.looks({ drops: 4, queue: 512 });
    assert.equal(story.facts({ drops: 4, queue: 0 }).severity, 'critical');
  });

  it('two listeners → each for itself', () => {
    const detector = new AcceptQueue();
    const other = { socket: 'b2', local: endpoint('0.0.0.0', 9090) };
    const told = [0, 3, 6].map((drops, n) => {
      const counters = { ListenOverflows: drops, ListenDrops: drops };
      const listeners = [listening({ drops }), listening(other)];
      return detector.examine(hostLook({ counters, listeners }), seconds(n)).map(({ place }) => place);
    });
    assert.deepEqual(told.at(-1), ['accept_queue|overflow|0.0.0.0:8080']);
  });

  it('closed, and another that listens there → begins anew', () => {
    const detector = new AcceptQueue();
    const looks = [0, 3, 6, 9].map((drops, n) => {
      const counters = { ListenOverflows: drops, ListenDrops: drops };
      const listeners = [listening({ drops, socket: n < 2 ? 'a1' : 'c3' })];
      return detector.examine(hostLook({ counters, listeners }), seconds(n)).length;
    });
    assert.deepEqual(looks, [0, 0, 0, 0]);
  });
});
