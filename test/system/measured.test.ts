import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fixture, jsonLines, kernelNeeds, Program, register, run } from './run.ts';
import { far, nobody, Wire, wireNeeds } from './wire.ts';

type Counts = Readonly<Record<string, number>>;

interface Said {
  readonly name: string;
  readonly counts: Counts;
  readonly sums: Counts;
}

/** Both ends of so many connections are in the process, and both see the handshake. */
const opened = (count: number) => ({ 'handshake client': count, 'handshake server': count });
/** The client ends, the server follows, and each closes its descriptor when all is over: both have seen the end. */
const clientFirst = (count: number) => ({
  'teardown client local fin': count,
  'teardown server remote fin': count,
  'close_wait server': count,
});
const resetByClient = (count: number) => ({
  'teardown server remote rst': count,
  'resets transmit': count,
  'resets receive': count,
});

/** What each case of the program must come to, and nothing else. */
const expected: Readonly<Record<string, Counts>> = {
  'the client ends first': { ...opened(20), ...clientFirst(20) },
  'the server ends first': {
    ...opened(20),
    'teardown server local fin': 20,
    'teardown client remote fin': 20,
    'close_wait client': 20,
  },
  // The client has not seen the end: it did not wait for it.
  'destroyed at once': { ...opened(20), 'teardown server remote fin': 20, 'close_wait server': 20 },
  'a burst in one turn': { ...opened(300), ...clientFirst(300) },
  refused: { 'handshake client ECONNREFUSED': 7, 'resets receive': 7 },
  // The kernel had it connected before it was given up, and the server has heard of it.
  abandoned: {
    'handshake client ECONNABORTED': 5,
    'handshake server': 5,
    'teardown server remote fin': 5,
    'close_wait server': 5,
  },
  'reset by the client': { ...opened(5), ...resetByClient(5) },
  'closed over unread data': { ...opened(5), ...resetByClient(5) },
  'held in CLOSE_WAIT': { ...opened(3), ...clientFirst(3) },
  'the first of two addresses refuses': {
    ...opened(4),
    ...clientFirst(4),
    'handshake client ECONNREFUSED': 4,
    'resets receive': 4,
  },
  TLS: { ...opened(5), ...clientFirst(5) },
  'HTTP keep-alive': { ...opened(1), 'teardown server remote fin': 1, 'close_wait server': 1 },
  // The accepted ends alone: whoever serves an exporter is not one.
  'tracing is suppressed': {
    'handshake server': 5,
    'teardown server remote fin': 3,
    'close_wait server': 5,
    'resets transmit': 2,
  },
};

/** Whether the last ACK comes before the descriptor is closed, only the kernel decides. */
const lastAck = 'teardown server remote fin';

/** Without what time decides: a kernel that is kept waiting also sends again, rightly so. */
function certain({ retransmits, [lastAck]: seen, 'teardown client remote fin': likewise, ...counts }: Counts): Counts {
  return counts;
}

const certainly = Object.fromEntries(Object.entries(expected).map(([name, counts]) => [name, certain(counts)]));

const modes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'spans: off': { SYNFIN_SPANS: 'off' },
  'spans: notable': { SYNFIN_SPANS: 'notable' },
  'spans: all': { SYNFIN_MAX_SPANS_PER_SECOND: '1000000' },
  'maxSpansPerSecond: 1': { SYNFIN_MAX_SPANS_PER_SECOND: '1' },
  'spans: off, and looked at ten times a second': { SYNFIN_SPANS: 'off', SYNFIN_INTERVAL_MS: '100' },
};

async function measured(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Said[]> {
  const options = { env: { SYNFIN_FINDINGS: 'off', ...env }, limitMs: 120_000 };
  const ended = await run(['--import', register, fixture('measured.mjs'), ...args], options);
  assert.equal(ended.code, 0, ended.stderr);
  return jsonLines<Said>(ended.stdout);
}

describe('each connection is measured, and each once', { skip: kernelNeeds, concurrency: 2 }, () => {
  for (const [mode, env] of Object.entries(modes))
    it(`${mode}: by what has happened, exactly`, async () => {
      const said = await measured(Object.keys(expected), env);
      assert.deepEqual(Object.fromEntries(said.map(({ name, counts }) => [name, certain(counts)])), certainly);
      for (const { name, counts } of said) {
        const [seen = 0, most = 0] = [counts[lastAck], expected[name]?.[lastAck]];
        assert.ok(seen <= most, `${name}: ${lastAck} ${seen} times, of ${most}`);
      }
      const held = said.find(({ name }) => name === 'held in CLOSE_WAIT')?.sums ?? {};
      for (const what of ['close_wait server', 'teardown client local fin']) {
        const mean = (held[what] ?? 0) / 3;
        assert.ok(mean >= 1.45 && mean < 8, `${what}: ${mean} s`);
      }
    });

  it("an exporter's own connections → not on its side", async () => {
    const [said] = await measured(["an exporter's own connections"], { SYNFIN_SPANS: 'off' });
    const names = Object.keys(said?.counts ?? {});
    assert.ok(names.includes('handshake server'));
    assert.deepEqual(
      names.filter((name) => name.includes('client') || name.includes('resets')),
      [],
    );
  });

  it('what option ignore names → on neither side; the rest → as ever', async () => {
    const said = await measured(['to what is ignored', 'refused', 'the client ends first'], {
      SYNFIN_IGNORE: '127.0.0.9',
      SYNFIN_SPANS: 'off',
    });
    assert.deepEqual(
      said.map(({ counts }) => certain(counts)),
      [{}, certainly.refused, certainly['the client ends first']],
    );
  });

  it('not ignored, they would have been measured', async () => {
    const [said] = await measured(['to what is ignored'], { SYNFIN_SPANS: 'off' });
    assert.equal(said?.counts['handshake server'], 5);
  });

  it('told of by somebody while they are counted → counted once', async () => {
    const [said] = await measured(['told meanwhile'], { SYNFIN_SPANS: 'off', SYNFIN_INTERVAL_MS: '3600000' });
    assert.deepEqual(said?.counts, { before: 4000, meanwhile: 0, after: 0 });
  });

  it('collected when nothing else keeps the process → the answer comes, and then the end', async () => {
    const env = { SYNFIN_FINDINGS: 'off', SYNFIN_SPANS: 'off' };
    const { code, stdout, stderr } = await run(['--import', register, fixture('collect-last.mjs')], { env });
    assert.equal(code, 0, stderr);
    const [said] = jsonLines<{ names: string[] }>(stdout);
    assert.ok(said?.names.includes('synfin.tcp.connection.count'), stdout);
  });

  for (const spans of ['off', 'all'])
    it(`an SDK that comes late, spans: ${spans} → the handshakes that begin from then on, and all that ends`, async () => {
      const [said] = await measured(['late'], { SYNFIN_SPANS: spans });
      assert.deepEqual(certain(said?.counts ?? {}), certain({ ...opened(4), ...clientFirst(7) }));
    });
});

interface Resent {
  readonly at: string;
  readonly counted?: number;
  readonly kernel?: number;
  readonly code?: string;
  readonly failed?: { readonly count?: number; readonly sum?: number };
}

describe('segments that are sent again', { skip: kernelNeeds || wireNeeds }, () => {
  let wire: Wire;
  let peer: Program;
  let port: number;
  before(async () => {
    wire = new Wire();
    peer = new Program([fixture('stalls-peer.mjs')], { under: wire.under('far'), limitMs: 120_000 });
    port = await peer.waitFor('its ports', ({ stdout }) => {
      return jsonLines<{ ports: { open: number } }>(stdout)[0]?.ports.open;
    });
  });
  after(async () => {
    peer.stop();
    await peer.ended;
    wire.remove();
  });

  it('are counted as the kernel counts them: while the connection is open, when it closes, and of a SYN', async () => {
    const args = ['--import', register, fixture('resent.mjs'), far, `${port}`, nobody];
    const retries = ['sh', '-c', 'sysctl -qw net.ipv4.tcp_syn_retries=1 && exec "$0" "$@"'];
    const program = new Program(args, {
      under: [...wire.under('near'), ...retries],
      env: { SYNFIN_SPANS: 'off', SYNFIN_FINDINGS: 'off', SYNFIN_INTERVAL_MS: '200' },
      limitMs: 100_000,
    });
    const said = (at: string) =>
      program.waitFor(at, ({ stdout }) => jsonLines<Resent>(stdout).find((line) => line.at === at));
    const none = await said('connected');
    assert.deepEqual([none.counted, none.kernel], [0, 0]);
    wire.cut();
    process.kill(program.pid, 'SIGUSR2');
    await said('cut');
    wire.mend();
    process.kill(program.pid, 'SIGUSR2');
    for (const at of ['mended', 'closed', 'nobody answers']) {
      const { counted, kernel = 0 } = await said(at);
      assert.ok(kernel >= 6, `${kernel}`);
      assert.equal(counted, kernel, at);
    }
    const { code, failed } = await said('nobody answers');
    assert.deepEqual([code, failed?.count], ['ETIMEDOUT', 1]);
    assert.ok((failed?.sum ?? 0) > 2, `${failed?.sum} s`);
    assert.equal((await program.ended).code, 0);
  });
});
