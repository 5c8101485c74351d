import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Observation } from '../../src/connection/observation.ts';
import { NotSupportedError } from '../../src/errors.ts';
import { now } from '../../src/monotonic.ts';
import { Selection } from '../../src/sources/select.ts';
import type { Report, Source, SourceName } from '../../src/sources/source.ts';
import { row } from '../connection/observations.ts';

/** A source that this host can run, until the signal aborts; but for these. */
function source(name: SourceName, rest: Partial<Source> = {}): Source {
  return { name, probe: async () => undefined, run: async (_report, signal) => aborted(signal), ...rest };
}

function refusing(name: SourceName, requirement: string): Source {
  return source(name, { probe: async () => new NotSupportedError(`source ${name}`, requirement) });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A selection that runs, what it told, and how to wait for something to come about in it. */
function selecting(sources: readonly Source[], retryMs = 1) {
  const told: string[] = [];
  const reported: Observation[] = [];
  const selection = new Selection(sources, {
    report: (observation) => void reported.push(observation),
    tell: (message) => void told.push(message),
    retryMs,
    now,
  });
  const abort = new AbortController();
  const over = selection.run(abort.signal);
  const states = () => selection.statuses().map(({ name, state }) => `${name} ${state}`);
  const until = async (condition: () => boolean) => {
    for (let turns = 0; !condition(); turns++) {
      assert.ok(turns < 2000, `waited in vain; it is ${states()}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const end = () => {
    abort.abort();
    return over;
  };
  return { selection, told, reported, states, until, over, end };
}

describe('Selection', { timeout: 10_000 }, () => {
  // Its own timers do not keep a process alive.
  let alive: NodeJS.Timeout;
  before(() => {
    alive = setInterval(() => {}, 1000);
  });
  after(() => clearInterval(alive));

  it('runs the first that this host can run; the others wait', async () => {
    const all = selecting([refusing('ebpf', 'CAP_BPF'), source('sock_diag'), source('procfs')]);
    await all.until(() => all.states().includes('sock_diag running'));
    assert.deepEqual(all.states(), ['ebpf refused', 'sock_diag running', 'procfs waiting']);
    await all.end();
  });

  it('remembers why each of the others was refused, and tells of it once', async () => {
    const all = selecting([refusing('ebpf', 'CAP_BPF'), refusing('daemon', 'synfin daemon'), source('sock_diag')]);
    await all.until(() => all.states().includes('sock_diag running'));
    const [ebpf, daemon] = all.selection.statuses();
    assert.deepEqual([ebpf?.requirement, daemon?.requirement], ['CAP_BPF', 'synfin daemon']);
    assert.match(ebpf?.reason ?? '', /source ebpf: needs CAP_BPF/);
    assert.equal(all.told.length, 2);
    assert.match(all.told[0] ?? '', /ebpf.*CAP_BPF/);
    await all.end();
  });

  it('none can run → all refused, asked again later, and it never rejects', async () => {
    let asked = 0;
    const probe = async () => {
      asked++;
      return new NotSupportedError('source ebpf', 'CAP_BPF');
    };
    const all = selecting([source('ebpf', { probe }), refusing('sock_diag', 'Linux')]);
    await all.until(() => asked === 2);
    assert.deepEqual(all.states(), ['ebpf refused', 'sock_diag refused']);
    await all.end();
  });

  it('a probe that fails is a refusal without a requirement', async () => {
    const all = selecting([source('ebpf', { probe: () => Promise.reject(new Error('EIO')) }), source('sock_diag')]);
    await all.until(() => all.states().includes('sock_diag running'));
    const [ebpf] = all.selection.statuses();
    assert.deepEqual([ebpf?.state, ebpf?.reason, ebpf?.requirement], ['refused', 'EIO', undefined]);
    await all.end();
  });

  it('a probe that throws at once is one too: the selection never rejects', async () => {
    const probe = () => {
      throw new Error('EIO');
    };
    const all = selecting([source('ebpf', { probe })]);
    await all.until(() => all.states().includes('ebpf refused'));
    await all.end();
  });

  it('breaks → failed, with the reason, told once, and tried again', async () => {
    let runs = 0;
    const run = async (_report: Report, signal: AbortSignal) => {
      if (++runs <= 3) throw new Error('ENOBUFS');
      await aborted(signal);
    };
    const all = selecting([source('sock_diag', { run })]);
    await all.until(() => runs === 4);
    assert.equal(all.told.length, 1);
    assert.match(all.told[0] ?? '', /sock_diag broke.*ENOBUFS/);
    const [status] = all.selection.statuses();
    assert.deepEqual([status?.state, status?.reason], ['running', undefined]);
    await all.end();
  });

  it('until it is tried again it shows as failed; abort ends the wait at once', async () => {
    const run = () => Promise.reject(new Error('ENOBUFS'));
    const all = selecting([source('sock_diag', { run })], 3_600_000);
    await all.until(() => all.states().includes('sock_diag failed'));
    assert.equal(all.selection.statuses()[0]?.reason, 'ENOBUFS');
    await all.end();
  });

  it('breaks → the next one runs at once, however long the pause; what is told names both', async () => {
    const broken = source('ebpf', { run: () => Promise.reject(new Error('gone')) });
    const all = selecting([broken, source('sock_diag')], 3_600_000);
    await all.until(() => all.states().includes('sock_diag running'));
    assert.deepEqual(all.states(), ['ebpf failed', 'sock_diag running']);
    assert.deepEqual(all.told, ['source ebpf broke and will be tried again: gone. Source sock_diag looks instead']);
    await all.end();
  });

  it('breaks, and cannot run any more → refused, while the next one goes on', async () => {
    let probes = 0;
    const broken = source('ebpf', {
      probe: async () => (++probes > 1 ? new NotSupportedError('source ebpf', 'CAP_BPF') : undefined),
      run: () => Promise.reject(new Error('gone')),
    });
    const all = selecting([broken, source('sock_diag')]);
    await all.until(() => all.states().includes('ebpf refused'));
    assert.deepEqual(all.states(), ['ebpf refused', 'sock_diag running']);
    await all.end();
  });

  it('a better one can run again → it takes its place back, and never do two run at once', async () => {
    let [works, running, most] = [false, 0, 0];
    const counted = async (_report: Report, signal: AbortSignal) => {
      most = Math.max(most, ++running);
      await aborted(signal);
      running--;
    };
    const refusal = new NotSupportedError('source ebpf', 'CAP_BPF');
    const better = source('ebpf', { probe: async () => (works ? undefined : refusal), run: counted });
    const all = selecting([better, source('procfs', { run: counted })]);
    await all.until(() => all.states().includes('procfs running'));
    works = true;
    await all.until(() => all.states().includes('ebpf running'));
    assert.deepEqual(all.states(), ['ebpf running', 'procfs waiting']);
    assert.equal(all.told.at(-1), 'source ebpf can run again, and looks instead of procfs');
    await all.end();
    assert.deepEqual([running, most], [0, 1]);
  });

  it('dies soon after each start → its pauses double, and the next one runs meanwhile: no flapping', async () => {
    const starts: number[] = [];
    const run = async () => {
      starts.push(now() / 1000);
      throw new Error('gone');
    };
    const all = selecting([source('ebpf', { run }), source('sock_diag')], 8);
    await all.until(() => starts.length === 5);
    const pauses = starts.slice(1).map((at, i) => at - (starts[i] ?? 0));
    for (const [i, pause] of pauses.entries()) assert.ok(pause >= 8 * 2 ** i, `${pauses}`);
    assert.equal(all.told.filter((message) => message.includes('broke')).length, 1);
    await all.end();
  });

  it('what it says after it was stopped is not heard', async () => {
    let works = false;
    let late = (): void => {};
    const run = async (report: Report, signal: AbortSignal) => {
      late = () => report(row({}, 1, 'close_wait'));
      await aborted(signal);
    };
    const refusal = new NotSupportedError('source ebpf', 'CAP_BPF');
    const better = source('ebpf', { probe: async () => (works ? undefined : refusal) });
    const all = selecting([better, source('procfs', { run })]);
    await all.until(() => all.states().includes('procfs running'));
    late();
    works = true;
    await all.until(() => all.states().includes('ebpf running'));
    late();
    assert.equal(all.reported.length, 1);
    await all.end();
  });

  it('ends on its own → as if it had broken', async () => {
    const all = selecting([source('ebpf', { run: async () => {} }), source('sock_diag')], 3_600_000);
    await all.until(() => all.states().includes('sock_diag running'));
    assert.equal(all.selection.statuses()[0]?.reason, 'it ended on its own');
    await all.end();
  });

  it('loses something → counted, and the first loss is told in its words, once', async () => {
    const run = async (report: Report, signal: AbortSignal) => {
      for (const what of ['lines; the first: "zz"', 'lines'])
        report({ kind: 'lost', source: 'procfs', at: now(), count: 2, what });
      await aborted(signal);
    };
    const all = selecting([source('procfs', { run })]);
    await all.until(() => all.reported.length === 2);
    assert.equal(all.selection.statuses()[0]?.lost, 4);
    assert.deepEqual(all.told, ['source procfs lost 2: lines; the first: "zz"']);
    await all.end();
  });

  it('shows what looking has cost', async () => {
    const spent = { looks: 3, cpuMs: 7, lookMs: 2, everyMs: 5000 };
    const all = selecting([source('procfs', { spent: () => spent })]);
    const [status] = all.selection.statuses();
    assert.deepEqual({ ...status, ...spent }, status);
    await all.end();
  });

  it('abort → what runs is stopped, nothing is told', async () => {
    const all = selecting([source('sock_diag')]);
    await all.until(() => all.states().includes('sock_diag running'));
    await all.end();
    assert.deepEqual(all.states(), ['sock_diag stopped']);
    assert.deepEqual(all.told, []);
  });

  it('aborted while a source is being asked → it is not run', async () => {
    let answer = (): void => {};
    let runs = 0;
    const slow = source('sock_diag', {
      probe: () =>
        new Promise((resolve) => {
          answer = () => resolve(undefined);
        }),
      run: async () => void runs++,
    });
    const all = selecting([slow]);
    const ended = all.end();
    answer();
    await ended;
    assert.equal(runs, 0);
  });

  it('what it reports goes through, counted; what it lost is counted apart', async () => {
    const seen = row({}, 1, 'close_wait');
    const run = async (report: Report, signal: AbortSignal) => {
      report(seen);
      report(seen);
      report({ kind: 'lost', source: 'sock_diag', at: seen.at, count: 7, what: 'rows' });
      await aborted(signal);
    };
    const all = selecting([source('sock_diag', { run })]);
    await all.until(() => all.reported.length === 3);
    const [status] = all.selection.statuses();
    assert.deepEqual([status?.observations, status?.lost], [2, 7]);
    assert.equal(all.reported[0], seen);
    await all.end();
  });
});
