import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `SYNFIN_TEST_RECEIVER` names: the folder in which the receiver is installed. */
const installed = process.env.SYNFIN_TEST_RECEIVER ?? '';

export const receiverNeeds: string | false =
  installed === ''
    ? 'needs SYNFIN_TEST_RECEIVER, which npm run matrix sets'
    : process.getBuiltinModule('node:sqlite') === undefined
      ? 'needs Node.js 22.13, for node:sqlite'
      : false;

/** A row of the receiver's table of spans. Times are milliseconds since 1970, with fractions. */
export interface Row {
  readonly span_id: string;
  readonly trace_id: string;
  readonly parent_span_id: string | null;
  readonly name: string;
  readonly kind: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly status_code: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly timestamp: number }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: Readonly<Record<string, unknown>>;
  }[];
  readonly scope: { readonly name: string; readonly version: string };
}

/** A row of its table of logs, which has no EventName. */
export interface LogRow {
  readonly trace_id: string;
  readonly span_id: string;
  readonly severity_text: string;
  readonly severity_number: number;
  readonly body_text: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** https://nodejs.org/api/sqlite.html, which the type declarations of Node.js 20 do not have. */
interface Sqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { readOnly: boolean },
  ) => { prepare(sql: string): { all(): Record<string, unknown>[] }; close(): void };
}

/** autotel-devtools, running: takes OTLP over HTTP and gRPC, keeps it in SQLite, and is asked back in SQL. */
export class Receiver {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(httpPort: number, grpcPort: number) {
    this.httpPort = httpPort;
    this.grpcPort = grpcPort;
    this.#folder = mkdtempSync(join(tmpdir(), 'synfin-receiver-'));
    const program = join(installed, 'node_modules/autotel-devtools/dist/cli.js');
    const ports = ['--host', '127.0.0.1', '--port', `${httpPort}`, '--grpc-port', `${grpcPort}`];
    this.#process = spawn(process.execPath, [program, ...ports, '--db', this.#database], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  static async listening(): Promise<Receiver> {
    const receiver = new Receiver(await freePort(), await freePort());
    // It goes on to say things, and would fail if nobody took them.
    await new Promise<void>((ready, failed) => {
      let said = '';
      receiver.#process.once('close', () => failed(new Error(`the receiver ended: ${said}`)));
      receiver.#process.stdout?.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('Or use gRPC')) ready();
      });
    });
    return receiver;
  }

  spans(): Row[] {
    return this.#all('SELECT * FROM spans').map(parsed);
  }

  logs(): LogRow[] {
    return this.#all('SELECT * FROM logs').map(parsed) as unknown as LogRow[];
  }

  /** The latest value of each series of a metric. */
  metric(name: string): number[] {
    const latest = `SELECT value, max(timestamp) FROM metric_points JOIN metric_series USING (series_id)
      WHERE name = '${name}' GROUP BY series_id`;
    return this.#all(latest).map(({ value }) => Number(value));
  }

  #all(sql: string): Record<string, unknown>[] {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as Sqlite;
    const database = new DatabaseSync(this.#database, { readOnly: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#process, 'close');
    this.#process.kill();
    await closed;
    rmSync(this.#folder, { recursive: true });
  }

  get #database(): string {
    return join(this.#folder, 'spans.db');
  }
}

function parsed(row: Record<string, unknown>): Row {
  const json = (column: string, otherwise: unknown) =>
    typeof row[column] === 'string' ? JSON.parse(row[column]) : otherwise;
  const { attributes, events, links, scope } = {
    attributes: json('attributes', {}),
    events: json('events', []),
    links: json('links', []),
    scope: json('scope', {}),
  };
  return { ...row, attributes, events, links, scope } as Row;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
