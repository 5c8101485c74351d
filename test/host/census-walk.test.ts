import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Census, Glance } from '../../src/connection/census.ts';
import { ClosedLog } from '../../src/connection/closed-log.ts';
import type { CountedPlaces } from '../../src/connection/counted-places.ts';
import { HostFacts } from '../../src/connection/host-facts.ts';
import type { Row } from '../../src/connection/observation.ts';
import { CensusWalk } from '../../src/host/census-walk.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { row, seconds } from '../connection/observations.ts';

const zeros = { cookie: 0, inode: 0, receiveQueue: 0, sendQueue: 0, expiresMs: 59_000 };

/** A TIME_WAIT at this port of ours. */
function waiting(localPort: number, n: number): Glance {
  const fourTuple = { local: endpoint('10.0.0.1', localPort), peer: endpoint('10.0.0.9', 1024 + n) };
  return { state: 'time_wait', localPort, peerPort: 1024 + n, fourTuple, ...zeros };
}

function listenRow(port: number): Row {
  const local = endpoint('0.0.0.0', port);
  return row({ tuple: { local, peer: endpoint('0.0.0.0', 0) } }, 0, 'listen');
}

interface Shown {
  /** TIME_WAITs, at port 80 or this one. */
  readonly tw: number;
  readonly port?: number;
  /** Ports whose LISTEN rows this look brought. */
  readonly rows?: readonly number[];
  /** What this process listens on. */
  readonly ours?: readonly number[];
  readonly at?: number;
  /** Sockets that the kernel counts besides; undefined where it does not say. */
  readonly inuse?: number | undefined;
}

/** Whoever measures, and what they were told. */
interface Heard {
  readonly isHeard: boolean;
  readonly counted: CountedPlaces[];
  /** How often all the sockets were walked over, for whatever reason. */
  walks: number;
  /** Nobody can walk, or not every socket is seen. */
  readonly walk?: 'none' | 'part';
}

const nobody = (): Heard => ({ isHeard: false, counted: [], walks: 0 });
const somebody = (walk?: Heard['walk']): Heard => ({ isHeard: true, counted: [], walks: 0, ...(walk && { walk }) });

/** The censuses of looks five seconds apart, undefined where one was not worth it; 28,232 ports. */
async function censuses(shown: readonly Shown[], buckets = 200, heard = nobody()): Promise<(Census | undefined)[]> {
  const facts = new HostFacts();
  const values = { firstPort: 32_768, lastPort: 60_999, tcp_max_tw_buckets: buckets };
  const [observed, source] = [{ kind: 'host', at: seconds(0), scope: 'namespace' } as const, 'procfs' as const];
  facts.observe({ ...observed, source, fact: { name: 'sysctls', values } });
  let look: Shown = { tw: 0 };
  let at = 0;
  let census: Census | undefined;
  const walk = new CensusWalk({
    facts,
    closed: new ClosedLog(16),
    ours: () => look.ours ?? [80],
    glance(_states, visit) {
      heard.walks++;
      for (let n = 0; n < look.tw; n++) visit(waiting(look.port ?? 80, n));
      return heard.walk === 'none' ? undefined : Promise.resolve(heard.walk !== 'part');
    },
    share: 0.5,
    now: () => seconds(at),
    report(said) {
      if (said.kind === 'host' && said.fact.name === 'census') census = said.fact.census;
    },
    wanted: () => false,
    spent: () => {},
    measuring: { isHeard: heard.isHeard, counted: (places) => void heard.counted.push(places) },
  });
  const taken: (Census | undefined)[] = [];
  for (look of shown) {
    at = look.at ?? at + 5;
    census = undefined;
    const { inuse = 5 } = look;
    facts.observe({ ...observed, source, fact: { name: 'counters', values: { tw: look.tw, inuse } } });
    for (const port of look.rows ?? []) facts.observe(listenRow(port));
    await walk.look();
    taken.push(census);
    facts.take();
  }
  return taken;
}

const walked = async (...asked: Parameters<typeof censuses>) =>
  (await censuses(...asked)).map((one) => one !== undefined);
const atListeners = async (...asked: Parameters<typeof censuses>) =>
  (await censuses(...asked)).map((one) => one?.listeners.map(({ port, timeWaits }) => [port, timeWaits]));

describe('a walk over the sockets', () => {
  it('near the limit → at every look, and none where there are few', async () =>
    assert.deepEqual(await walked([{ tw: 40 }, { tw: 60 }, { tw: 70 }, { tw: 80 }]), [false, true, true, true]));

  it('far from it → what was found holds for a minute', async () => {
    const others = { tw: 60, rows: [80], ours: [] };
    const looks = [others, others, { ...others, at: 64 }, { ...others, at: 65 }];
    assert.deepEqual(await walked(looks), [true, false, false, true]);
  });

  it('until there are so many more that the smaller of the limits may be near', async () => {
    const others = { rows: [80], ours: [] };
    const looks = (tw: number) => [
      { ...others, tw: 500 },
      { ...others, tw },
    ];
    assert.deepEqual(await walked(looks(749), 1000), [true, false]);
    assert.deepEqual(await walked(looks(750), 1000), [true, true]);
  });

  it('and until another server of ours listens', async () => {
    const others = { tw: 60, rows: [80] };
    const looks = [
      { ...others, ours: [] },
      { ...others, ours: [81] },
      { ...others, ours: [81] },
    ];
    assert.deepEqual(await walked(looks), [true, true, false]);
  });
});

describe('listeners that a look did not show', () => {
  it('ours, by our own word → what waits there is counted', async () =>
    assert.deepEqual(await atListeners([{ tw: 60 }]), [[[80, 60]]]));

  it('we listen and none is shown → nothing is calm', async () => {
    const quiet = { tw: 60, ours: [81] };
    assert.deepEqual(await walked([quiet, quiet]), [true, true]);
    assert.deepEqual(await walked([{ ...quiet, rows: [80, 81] }, quiet]), [true, false]);
  });

  it('another’s, on a port that the kernel gives away: for a minute what came in there goes nowhere', async () => {
    const others = { tw: 60, port: 40_000, ours: [] };
    const looks = [
      { tw: 0, rows: [40_000] },
      { ...others, at: 60 },
      { ...others, at: 130 },
    ];
    const destinations = (await censuses(looks)).map((one) => one?.destinations.length);
    assert.deepEqual(destinations, [undefined, 0, 60]);
  });
});

describe('a census for whoever measures', () => {
  const quiet = { tw: 3, rows: [80] };
  /** When it was told, in seconds. */
  const told = async (shown: readonly Shown[], heard = somebody()) => {
    await censuses(shown, 200, heard);
    return heard.counted.map(({ at }) => at / 1e6);
  };
  const every5s = (count: number, shown: Shown) => Array.from({ length: count }, (_, n) => ({ ...shown, at: n * 5 }));

  it('nobody measures → none', async () => {
    const heard = nobody();
    await censuses(every5s(20, quiet), 200, heard);
    assert.deepEqual([heard.walks, heard.counted], [0, []]);
  });

  it('a healthy service → every 15 s', async () => assert.deepEqual(await told(every5s(10, quiet)), [0, 15, 30, 45]));

  it('looks are as rare → at each; rarer, to keep a budget → every 60 s', async () => {
    const looks = (everyS: number) => [0, 1, 2, 3, 4].map((n) => ({ ...quiet, at: n * everyS }));
    assert.deepEqual(await told(looks(15)), [0, 15, 30, 45, 60]);
    assert.deepEqual(await told(looks(16)), [0, 64]);
  });

  it('up to 10,000 sockets so often, above that every 60 s', async () => {
    assert.deepEqual(await told(every5s(7, { ...quiet, inuse: 9997 })), [0, 15, 30]);
    assert.deepEqual(await told(every5s(14, { ...quiet, inuse: 9998 })), [0, 60]);
  });

  it('the kernel counts no socket → no walk, and it is known that there is none', async () => {
    const heard = somebody();
    assert.deepEqual(await told(every5s(4, { tw: 0, inuse: 0, rows: [80] }), heard), [0, 15]);
    assert.equal(heard.walks, 0);
    assert.deepEqual(heard.counted[0]?.census.destinations, []);
  });

  it('it is told what waits towards destinations, and at ports of ours', async () => {
    const heard = somebody();
    await told([{ tw: 60, port: 40_000, rows: [80] }], heard);
    const [{ outward, ours, census, range } = assert.fail('nothing was told')] = heard.counted;
    assert.deepEqual([outward, [...ours], census.destinations.length, range.count], [60, [80], 60, 28_232]);
  });

  it('not every socket was seen, nobody can walk, or our listeners were not shown → nothing is told', async () => {
    assert.deepEqual(await told(every5s(4, quiet), somebody('part')), []);
    assert.deepEqual(await told(every5s(4, quiet), somebody('none')), []);
    assert.deepEqual(await told(every5s(4, { tw: 3 })), []);
  });

  it('one was needed for a verdict → it is told, and no other is taken', async () => {
    const heard = somebody();
    const near = { tw: 20_000, rows: [80] };
    await censuses(every5s(4, near), 40_000, heard);
    assert.deepEqual([heard.walks, heard.counted.length], [4, 4]);
  });

  it('one of TIME_WAITs alone says nothing of ports → another one is taken', async () => {
    const heard = somebody();
    await censuses(every5s(2, { tw: 60, rows: [80] }), 200, heard);
    assert.deepEqual([heard.walks, heard.counted.length], [3, 1]);
  });

  it('whoever measures, and whatever is there → those who judge see the same censuses', async () => {
    const shown = fc.array(
      fc.record({
        tw: fc.constantFrom(0, 3, 40, 60, 80, 150, 20_000),
        port: fc.constantFrom(80, 40_000),
        rows: fc.constantFrom([80], [80, 81], []),
        ours: fc.constantFrom([80], [], [81]),
        inuse: fc.constantFrom(5, 0, 14_000, 30_000),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(shown, fc.constantFrom(200, 1000, 262_144), async (looks, buckets) => {
        assert.deepEqual(await censuses(looks, buckets, somebody()), await censuses(looks, buckets));
      }),
      { numRuns: 40 },
    );
  });
});
