import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Counters, ListenerFact, Sysctls } from '../../src/connection/host-fact.ts';
import { Growth } from '../../src/detectors/growth.ts';
import { atOnce } from '../../src/detectors/steps.ts';
import { SynFlood } from '../../src/detectors/syn-flood.ts';
import { seconds } from '../connection/observations.ts';
import { hostLook, listening } from './host-looks.ts';
import { lookAt } from './views.ts';

interface Moment {
  readonly halfOpen?: number;
  readonly unanswered?: number;
  /** Since the look before. */
  readonly grown?: Counters;
  readonly listener?: Partial<ListenerFact>;
}

const cookies: Sysctls = { tcp_syncookies: 1, tcp_max_syn_backlog: 2048, somaxconn: 4096 };
const noCookies: Sysctls = { ...cookies, tcp_syncookies: 0 };

/** Looks at a listener with a backlog of 64, five seconds apart. */
class Story {
  readonly #detector = new SynFlood();
  readonly #sysctls: Sysctls;
  readonly #counted: Record<string, number> = {};
  #looks = 0;

  constructor(sysctls = cookies) {
    this.#sysctls = sysctls;
    this.cases();
  }

  cases({ halfOpen, unanswered = halfOpen ?? 0, grown = {}, listener = {} }: Moment = {}) {
    for (const name of ['SyncookiesSent', 'TCPReqQFullDoCookies', 'TCPReqQFullDrop', 'ListenDrops', 'ListenOverflows'])
      this.#counted[name] = (this.#counted[name] ?? 10) + (grown[name as keyof Counters] ?? 0);
    const look = hostLook({
      counters: { ...this.#counted },
      sysctls: this.#sysctls,
      listeners: [listening({ backlog: 64, ...listener })],
      halfOpen: halfOpen === undefined ? undefined : new Map([[8080, { count: halfOpen, unanswered }]]),
    });
    return this.#detector.examine(look, seconds(5 * this.#looks++));
  }

  looks(...moments: Moment[]): string[] {
    return moments.map((moment) => {
      const cases = this.cases(moment);
      return cases.map(({ cause, count }) => `${cause} ${count}`).join();
    });
  }
}

const sent: Counters = { SyncookiesSent: 500, TCPReqQFullDoCookies: 500 };
const flood: Moment = { halfOpen: 65, grown: sent };
const last = (moment: Moment, sysctls = cookies): string => new Story(sysctls).looks(moment, moment).at(-1) ?? '';

/*
 *   healthy   SYN_RECV ▐█▂▁    ▌ of 64     counters stand still
 *   sick      SYN_RECV ▐███████▌ of 64     SyncookiesSent, or TCPReqQFullDrop, grow
 */
describe('a flood of SYNs', () => {
  it('in one look → nothing; in two → found', () => {
    assert.deepEqual(new Story().looks(flood, flood, flood), ['', 'cookies_sent 65', 'cookies_sent 65']);
  });

  it('in two of the last twelve looks → found, and open until they are out of sight', () => {
    const quiet = Array.from({ length: 12 }, () => ({}));
    const looks = new Story().looks(flood, {}, {}, flood, ...quiet);
    assert.deepEqual(looks.slice(0, 5), ['', '', '', 'cookies_sent 65', 'cookies_sent 65']);
    assert.equal(looks.at(-1), '');
  });

  it('as many as the queue is for → found; one fewer → nothing', () => {
    assert.equal(last({ ...flood, halfOpen: 64 }), 'cookies_sent 64');
    assert.equal(last({ ...flood, halfOpen: 63 }), '');
  });

  it('the counters stand still → nothing', () => {
    assert.equal(last({ halfOpen: 65 }), '');
  });

  it('the counters move, and the half-open ones are not ours → nothing', () => {
    assert.equal(last({ grown: sent, halfOpen: 0 }), '');
    assert.equal(last({ grown: sent }), '');
  });

  it('cookies are off: the SYNs are dropped', () => {
    const dropped = { TCPReqQFullDrop: 300, ListenDrops: 300 };
    assert.equal(last({ halfOpen: 65, grown: dropped }, noCookies), 'syn_queue_full 65');
  });

  it('cookies are off and tcp_max_syn_backlog is short: three quarters of it, and only ListenDrops says so', () => {
    const short = { ...noCookies, tcp_max_syn_backlog: 40 };
    const grown = { ListenDrops: 300 };
    assert.equal(last({ halfOpen: 30, grown }, short), 'syn_queue_full 30');
    assert.equal(last({ halfOpen: 29, grown }, short), '');
  });

  it('cookies are on: tcp_max_syn_backlog plays no part', () => {
    assert.equal(last({ ...flood, halfOpen: 31 }, { ...cookies, tcp_max_syn_backlog: 40 }), '');
  });
});

/*
 *   listen(2)   SYN_RECV ▐██▌ of 2      two clients at once, and the third gets a cookie
 */
describe('no flood', () => {
  it('a tiny backlog in ordinary operation → nothing', () => {
    assert.equal(last({ halfOpen: 3, grown: sent, listener: { backlog: 2 } }), '');
    assert.equal(last({ halfOpen: 7, grown: sent, listener: { backlog: 2 } }), '');
    assert.equal(last({ halfOpen: 8, grown: sent, listener: { backlog: 2 } }), 'cookies_sent 8');
  });

  it('far away clients, who answer within the second → nothing', () => {
    assert.equal(last({ ...flood, halfOpen: 100, unanswered: 24 }), '');
    assert.equal(last({ ...flood, halfOpen: 100, unanswered: 25 }), 'cookies_sent 100');
  });

  it('tcp_syncookies=2: each SYN gets one, and nothing is half open', () => {
    assert.equal(last({ halfOpen: 0, grown: sent }, { ...cookies, tcp_syncookies: 2 }), '');
  });

  it('the accept queue is full → that is what holds them up', () => {
    assert.equal(last({ ...flood, listener: { queue: 65 } }), '');
    assert.equal(last({ ...flood, listener: { queue: 64 } }), 'cookies_sent 65');
  });

  it('it was full since the last look → the same', () => {
    const story = new Story();
    const grown = { ...sent, ListenOverflows: 40, ListenDrops: 40 };
    assert.deepEqual(
      story.looks({ ...flood, grown, listener: { drops: 40 } }, { ...flood, grown, listener: { drops: 80 } }),
      ['', ''],
    );
    // Another listener's overflows are no excuse.
    const others = { ...flood, grown, listener: { drops: 80 } };
    assert.equal(story.looks(others, others).at(-1), 'cookies_sent 65');
  });
});

describe('what is said', () => {
  it('the listener, its line, its numbers; critical when SYNs are dropped', () => {
    const story = new Story(noCookies);
    const moment = { halfOpen: 70, grown: { TCPReqQFullDrop: 5, ListenDrops: 5 } };
    story.cases(moment);
    const [found] = story.cases(moment);
    assert.ok(found);
    const { subject, severity, sample, age_s } = atOnce(found.describe(new Growth(), lookAt(10)));
    assert.deepEqual(subject, {
      role: 'server',
      listener: '0.0.0.0:8080',
      limit: 64,
      share: 1,
      kernel: { tcp_syncookies: 0, tcp_max_syn_backlog: 2048, somaxconn: 4096 },
    });
    assert.deepEqual([severity, sample[0]?.call_site, age_s], ['critical', ['main (/app/server.js:9:8)'], 5]);
  });
});
