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
    let said = '';
    for await (const chunk of receiver.#process.stdout ?? []) {
      said += String(chunk);
      if (said.includes('Or use gRPC')) break;
    }
    // It goes on to say things, which nobody reads.
    receiver.#process.stdout?.resume();
    return receiver;
  }

  spans(): Row[] {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as Sqlite;
    const database = new DatabaseSync(this.#database, { readOnly: true });
    try {
      return database.prepare('SELECT * FROM spans').all().map(parsed);
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
