import { type Benchmark, type Measured, type Row, roundsOf, type Setting } from '../benchmark.ts';
import { Workload } from '../child.ts';
import { inLives } from '../lives.ts';
import { Netns } from '../netns.ts';
import { againstBare, hook, hookWithSpans, instrumentationNet } from '../preloads.ts';

const how =
  'A gateway: each request in makes one out; 16 in flight; user and system CPU of the gateway per request, bursts in ' +
  'processes that live for several rounds, after warming up.';

export const httpKeepAlive: Benchmark = gateway('http_keep_alive', true, 'keep-alive, no new connections', {
  [hook]: 'noise',
  [hookWithSpans]: 'noise',
  [instrumentationNet]: undefined,
});

export const httpNewConnections: Benchmark = gateway('http_new_connections', false, 'two new connections each', {
  [hook]: 1.03,
  [hookWithSpans]: undefined,
  [instrumentationNet]: undefined,
});

function gateway(
  name: string,
  keepAlive: boolean,
  which: string,
  targets: Parameters<typeof againstBare>[0],
): Benchmark {
  const rows = againstBare(targets);
  return {
    name,
    what: `CPU per HTTP request, ${which}`,
    unit: 'us',
    compared: 'ratio',
    rows,
    how,
    run: (setting) => measure(keepAlive, rows, setting),
  };
}

async function measure(keepAlive: boolean, rows: readonly Row[], setting: Setting): Promise<Measured> {
  const made = await setting.makeNetns();
  const through = made instanceof Netns ? made.through : [];
  const [count, warmUp] = setting.quick ? [100, 0] : keepAlive ? [3000, 8000] : [800, 3000];
  const upstream = await Workload.start('http', { through });
  const driver = await Workload.start('http', { through });
  try {
    const upstreamPort = await upstream.ask<number>({ ask: 'upstream' });
    return await inLives('http', rows, setting, {
      through,
      lives: 2,
      rounds: roundsOf(setting, { count: 8, warmUps: 1 }),
      warmUp,
      prepare: (workload) => workload.ask<number>({ ask: 'gateway', port: upstreamPort, keepAlive }),
      async burst(workload, port, requests = count) {
        await workload.ask({ ask: 'begin' });
        await driver.ask({ ask: 'drive', port, count: requests, inFlight: 16, keepAlive });
        return (await workload.ask<number>({ ask: 'finish' })) / requests;
      },
    });
  } finally {
    upstream.end();
    driver.end();
    if (made instanceof Netns) made.end();
  }
}
