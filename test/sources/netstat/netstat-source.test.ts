import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Observation } from '../../../src/connection/observation.ts';
import { now } from '../../../src/monotonic.ts';
import { NetstatSource } from '../../../src/sources/netstat/netstat-source.ts';
import { dialectOf } from '../../../src/sources/netstat/node-netstat.ts';
import { runCommand } from '../../../src/sources/netstat/run-netstat.ts';
import type { Pace } from '../../../src/sources/pace.ts';
import { freeLook, freePace } from '../looks.ts';
import { Running } from '../running.ts';

// What runs here keeps no process alive, and a test must not end before it is over.
let alive: NodeJS.Timeout | undefined;
before(() => {
  alive = setInterval(() => {}, 1000);
});
after(() => clearInterval(alive));

const own = () => ({ asksKernel: false, sweep: async () => {} });

/** A source whose netstat is this program. */
function netstat(program: string, pace: Pace = freePace()): NetstatSource {
  const { parse } = dialectOf('linux');
  const dialect = () => ({ command: process.execPath, arguments: [['-e', program]], parse });
  return new NetstatSource({ now, pace, own, platform: 'linux', dialect });
}

const line = (local: number, state: string) => `tcp 0 0 127.0.0.1:${local} 127.0.0.1:80 ${state}`;
const printing = (...lines: string[]) => `console.log(${JSON.stringify(lines.join('\n'))})`;

async function runs(program: string, { limitMs = 5000, signal = new AbortController().signal } = {}) {
  const lines: string[] = [];
  const look = freeLook();
  const startedAt = now();
  const error = await runCommand({
    command: process.execPath,
    arguments: ['-e', program],
    now,
    signal,
    look,
    limitMs,
    line: (text) => lines.push(text),
  });
  return { lines, why: error?.message, tookMs: (now() - startedAt) / 1000 };
}

describe('runCommand', () => {
  it('line by line, the C locale', async () => {
    const { lines, why } = await runs("console.log('one\\ntwo'); process.stdout.write(process.env.LC_ALL)");
    assert.deepEqual([lines, why], [['one', 'two', 'C'], undefined]);
  });

  it('ends with an error → why, with the code', async () => {
    assert.match((await runs('process.exit(7)')).why ?? '', /it ended with code 7/);
  });

  it('does not come to an end → ended after the limit', async () => {
    const { why, tookMs } = await runs('setInterval(() => {}, 1000)', { limitMs: 300 });
    assert.match(why ?? '', /not over after 0\.3 s/);
    assert.ok(tookMs < 3000);
  });

  it('aborted → ended at once, without an error', async () => {
    const { why, tookMs } = await runs('setInterval(() => {}, 1000)', { signal: AbortSignal.timeout(200) });
    assert.equal(why, undefined);
    assert.ok(tookMs < 3000);
  });

  it('no such program → why', async () => {
    const look = freeLook();
    const { signal } = new AbortController();
    const options = { command: '/nowhere/netstat', arguments: [], now, signal, look, limitMs: 1000, line: () => {} };
    assert.match((await runCommand(options))?.message ?? '', /could not be run.*ENOENT/);
  });

  it('leaves no descriptor behind', { skip: process.platform !== 'linux' }, async () => {
    await runs('');
    const count = readdirSync('/proc/self/fd').length;
    await runs("console.log('one')");
    await runs('setInterval(() => {}, 1000)', { limitMs: 100 });
    assert.equal(readdirSync('/proc/self/fd').length, count);
  });

  it('a command that is under way does not keep the process alive', () => {
    const module = new URL('../../../src/sources/netstat/run-netstat.js', import.meta.url);
    const looks = new URL('../looks.js', import.meta.url);
    const code = `import { runCommand } from '${module}'; import { freeLook } from '${looks}';
      void runCommand({ command: 'sleep', arguments: ['5'], now: () => 0, signal: new AbortController().signal,
        look: freeLook(), limitMs: 60000, line() {} });`;
    const startedAt = Date.now();
    spawnSync(process.execPath, ['--input-type=module', '-e', code], { timeout: 10_000 });
    assert.ok(Date.now() - startedAt < 4000, `${Date.now() - startedAt} ms`);
  });
});

describe('NetstatSource', () => {
  it('tells of all but the established and the listening, each once', async () => {
    const source = netstat(
      printing(
        line(1, 'CLOSE_WAIT'),
        line(1, 'CLOSE_WAIT'),
        line(2, 'ESTABLISHED'),
        line(3, 'LISTEN'),
        line(4, 'SYN_SENT'),
      ),
    );
    assert.equal(await source.probe(), undefined);
    const running = new Running(source);
    await running.sweeps(1);
    await running.stop();
    assert.deepEqual(
      running.rows.map(({ state }) => state),
      ['close_wait', 'syn_sent'],
    );
    assert.equal(running.lost.length, 0);
  });

  it('a line that was not understood → counted, quoted once, the others count', async () => {
    const source = netstat(printing('tcp 0 0 127.0.0.1:1 nowhere GONE', line(1, 'CLOSE_WAIT')));
    await source.probe();
    const running = new Running(source);
    await running.sweeps(2);
    await running.stop();
    assert.match(running.lost[0]?.what ?? '', /no state that is known: "tcp 0 0 127\.0\.0\.1:1 nowhere GONE"/);
    assert.doesNotMatch(running.lost[1]?.what ?? '', /"/);
    assert.equal(running.rows[0]?.state, 'close_wait');
    assert.equal(running.ends[1]?.whole, false);
  });

  it('fails three times in a row → rejects, with why', async () => {
    const source = netstat('process.exit(1)');
    const refusal = await source.probe();
    assert.match(refusal?.message ?? '', /ended with code 1.*needs a program/);
    const error = await new Running(source).over;
    assert.match(`${error}`, /ended with code 1/);
  });

  it('no netstat for this operating system → refused', async () => {
    const source = new NetstatSource({ now, pace: freePace(), own, platform: 'aix' });
    assert.match((await source.probe())?.requirement ?? '', /Linux, macOS or Windows/);
  });

  it('its time rules how rarely it is asked', async () => {
    const source = netstat('setTimeout(() => {}, 200)', freePace({ cpuBudget: 0.01, aheadMs: 0 }));
    await source.probe();
    const running = new Running(source);
    try {
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(running.ends.length, 0);
      assert.ok(source.spent().everyMs >= 20_000, `${source.spent().everyMs} ms`);
    } finally {
      await running.stop();
    }
  });
});

const { error: missing } = spawnSync('netstat', ['--version']);
const skip = process.platform === 'linux' && !missing ? false : 'needs Linux with the program netstat (net-tools)';

describe('the real netstat', { skip }, () => {
  it('shows a connection in CLOSE_WAIT, by its four-tuple', async () => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [accepted] = await once(server, 'connection');
    client.end();
    await once(client, 'finish');
    const source = new NetstatSource({ now, pace: freePace(), own, platform: 'linux' });
    assert.equal(await source.probe(), undefined);
    const seen: Observation[] = [];
    const tuple = {
      local: { address: '127.0.0.1', port },
      peer: { address: '127.0.0.1', port: client.localPort ?? 0 },
    };
    await source.look({ kind: 'socket', id: { tuple } }, (one) => seen.push(one));
    const found = seen.map((one) => one.kind === 'row' && [one.state, one.id.tuple]);
    assert.deepEqual(found, [['close_wait', tuple]]);
    client.destroy();
    accepted.destroy();
    server.close();
  });
});
