import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's packages `prometheus` (with `promtool`) and `prometheus-alertmanager` (with `amtool`). */
export type Program = 'prometheus' | 'promtool' | 'prometheus-alertmanager' | 'amtool';

/** Why a test cannot run here, or false: the form that node:test wants for `skip`. */
export function missing(...programs: readonly Program[]): string | false {
  const absent = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined);
  return absent.length > 0 && `needs ${absent.join(' and ')} (Debian's packages prometheus, prometheus-alertmanager)`;
}

/** A port of the loopback address that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Of an instant query: the time in seconds, and the value as text. */
  readonly value: readonly [number, string];
}

export interface Running {
  readonly url: string;
  /** All that it has written, for a failure's message. */
  readonly said: () => string;
  stop(): Promise<void>;
}

export interface RunningPrometheus extends Running {
  /** An instant query. Throws what Prometheus says is wrong with it. */
  query(expression: string): Promise<readonly Series[]>;
  /** Of the HTTP API: `/api/v1/alerts`. */
  api<Data>(path: string): Promise<Data>;
}

/**
 * Debian's Prometheus on the loopback address, with a store of its own that is gone afterwards. `files` lie beside the
 * configuration (rules); `history` is what it has scraped already, as OpenMetrics with times. Stop it in a `finally`.
 */
export async function startPrometheus(
  config: string,
  files: Readonly<Record<string, string>> = {},
  history?: string,
): Promise<RunningPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'synfin-prometheus-'));
  for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': config }))
    writeFileSync(join(folder, name), text);
  if (history !== undefined) keep(history, folder);
  const port = await freePort();
  const running = await start(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { url: `http://127.0.0.1:${port}`, ready: '/-/ready', folder },
  );
  const api = async <Data>(path: string): Promise<Data> => {
    const response = await fetch(running.url + path);
    const { data, error } = (await response.json()) as { data: Data; error?: string };
    if (error !== undefined) throw new Error(`${path}: ${error}`);
    return data;
  };
  const query = async (expression: string) => {
    const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
    return (await api<{ result: readonly Series[] }>(path)).result;
  };
  return { ...running, api, query };
}

/** Puts a history into the store before anybody uses it. */
function keep(history: string, folder: string): void {
  const file = join(folder, 'history.om');
  writeFileSync(file, history);
  const args = ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, join(folder, 'data')];
  const { status, stderr } = spawnSync('promtool', args, { encoding: 'utf8', timeout: mostWaitMs });
  rmSync(file);
  if (status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`promtool did not take the history: ${stderr}`);
}

/** Debian's Alertmanager, likewise; it talks to no other. */
export async function startAlertmanager(config: string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'synfin-alertmanager-'));
  writeFileSync(join(folder, 'alertmanager.yml'), config);
  const port = await freePort();
  return start(
    'prometheus-alertmanager',
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    { url: `http://127.0.0.1:${port}`, ready: '/-/ready', folder },
  );
}

const mostWaitMs = 60_000;

async function start(
  program: Program,
  args: readonly string[],
  { url, ready, folder }: { readonly url: string; readonly ready: string; readonly folder: string },
): Promise<Running> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said = (said + text).slice(-20_000)));
  const over = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await over;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + mostWaitMs;
  for (;;) {
    const answered = await fetch(url + ready).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return { url, said: () => said, stop };
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`${program} did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
