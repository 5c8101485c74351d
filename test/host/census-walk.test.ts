import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Census, Glance } from '../../src/connection/census.ts';
import { ClosedLog } from '../../src/connection/closed-log.ts';
import { HostFacts } from '../../src/connection/host-facts.ts';
import type { Row } from '../../src/connection/observation.ts';
import { CensusWalk } from '../../src/host/census-walk.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { row, seconds } from '../connection/observations.ts';

const zeros = { cookie: 0, inode: 0, receiveQueue: 0, sendQueue: 0, expiresMs: 30_000 };

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
}

/** The censuses of looks five seconds apart, undefined where one was not worth it; 28,232 ports. */
async function censuses(shown: readonly Shown[], buckets = 200): Promise<(Census | undefined)[]> {
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
      for (let n = 0; n < look.tw; n++) visit(waiting(look.port ?? 80, n));
      return Promise.resolve(true);
    },
    share: 0.5,
    now: () => seconds(at),
    report(said) {
      if (said.kind === 'host' && said.fact.name === 'census') census = said.fact.census;
    },
    wanted: () => false,
    spent: () => {},
  });
  const taken: (Census | undefined)[] = [];
  for (look of shown) {
    at = look.at ?? at + 5;
    census = undefined;
    facts.observe({ ...observed, source, fact: { name: 'counters', values: { tw: look.tw, inuse: 5 } } });
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
