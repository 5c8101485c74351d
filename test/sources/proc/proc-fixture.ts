import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Row } from '../../../src/connection/observation.ts';
import { TcpLineReader } from '../../../src/sources/proc/proc-net-tcp.ts';
import { instant } from '../../../src/tcp/identity.ts';

/** A file of test/fixtures/proc: capture.py there says how it came about. */
export function procFixture(name: string): Buffer {
  return readFileSync(resolve('test/fixtures/proc', name));
}

/** Its lines, without the one above the table. */
export function tableLines(name: 'tcp' | 'tcp6'): string[] {
  return procFixture(name).toString('latin1').trimEnd().split('\n').slice(1);
}

/** What a line of a little-endian host says: the row, or what is wrong with it. */
export function read(line: string | Uint8Array): Row | string {
  const bytes = typeof line === 'string' ? Buffer.from(line, 'latin1') : line;
  const reader = new TcpLineReader(true);
  return reader.read(bytes, 0, bytes.length) ?? reader.row(instant(1));
}
