import { NotSupportedError, SynfinError } from '../../errors.ts';
import { fourTupleKey } from '../../tcp/endpoint.ts';
import { Lines, quoted } from '../lines.ts';
import type { Report } from '../source.ts';
import type { TableEnd } from '../table-report.ts';
import { type ReadOptions, readPages } from './pages.ts';
import { isTcpHeader, type TcpLine, TcpLineReader } from './proc-net-tcp.ts';

export interface TableSweepOptions extends ReadOptions {
  readonly procRoot: string;
  /** Whether a row is to be reported. Asked for each line, and so must be cheap. */
  readonly wanted: (line: TcpLine) => boolean;
  readonly report: Report;
}

export interface TableSweepEnd extends TableEnd {
  readonly lines: number;
  /** Why it is not whole; undefined also when the signal aborted it. */
  readonly error: SynfinError | undefined;
  /** Microseconds that it took while the event loop ran. */
  readonly tookUs: number;
}

/**
 * Reads /proc/net/tcp and tcp6 and reports the rows that are wanted, each once: while sockets come and go, the kernel
 * shows some twice. Rejects never: what went wrong is in the result.
 */
export async function sweepTables(options: TableSweepOptions): Promise<TableSweepEnd> {
  const { procRoot, wanted, report, now, signal } = options;
  const told = new Set<string>();
  const line = new TcpLineReader();
  let [lines, malformed, tookUs] = [0, 0, 0];
  let hasHeader = false;
  let firstMalformed: string | undefined;
  let error: SynfinError | undefined;
  const visit = (bytes: Uint8Array, start: number, end: number): void => {
    const wrong = line.read(bytes, start, end);
    if (wrong !== undefined) {
      if (isTcpHeader(bytes, start, end)) {
        hasHeader = true;
        return;
      }
      malformed++;
      firstMalformed ??= `${wrong}: ${quoted(bytes, start, end)}`;
      return;
    }
    lines++;
    if (!wanted(line)) return;
    const row = line.row(now());
    const key = row.id.tuple && `${line.inode} ${fourTupleKey(row.id.tuple)}`;
    if (key === undefined || told.has(key)) return;
    told.add(key);
    report(row);
  };
  for (const table of ['tcp', 'tcp6']) {
    const path = `${procRoot}/net/${table}`;
    const pieces = new Lines();
    hasHeader = false;
    try {
      tookUs += await readPages(path, (page) => pieces.push(page, visit), options);
      pieces.end(visit);
      // A file without its first line is another one in the table's place, and proves nothing.
      if (!hasHeader && malformed === 0 && !signal.aborted)
        error = new NotSupportedError(`${path} is empty`, 'the table of the kernel in /proc/net');
    } catch (cause) {
      // A host without IPv6 has no such table.
      const absent = table === 'tcp6' && codeOf(cause) === 'ENOENT';
      if (!absent) error = whyUnread(path, cause);
    }
    if (error || signal.aborted) break;
  }
  const whole = error === undefined && malformed === 0 && !signal.aborted;
  return { whole, lines, malformed, firstMalformed, error, tookUs };
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String(Reflect.get(error, 'code') ?? '') : '';
}

/** What a reader can do about it. */
function whyUnread(path: string, cause: unknown): SynfinError {
  const code = codeOf(cause);
  const attempt = `reading ${path} gave ${code || String(cause)}`;
  switch (code) {
    case 'EMFILE':
    case 'ENFILE':
      return new SynfinError('SYNFIN_NO_DESCRIPTORS', attempt, { cause });
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotSupportedError(attempt, 'Linux with /proc mounted', { cause });
    case 'EACCES':
    case 'EPERM':
      return new NotSupportedError(attempt, 'a /proc that this user may read', { cause });
    case 'ERR_ACCESS_DENIED':
      return new NotSupportedError(attempt, 'the permission --allow-fs-read=/proc of Node', { cause });
    default:
      return new SynfinError('SYNFIN_SOURCE_FAILED', attempt, { cause });
  }
}
