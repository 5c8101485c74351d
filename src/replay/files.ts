import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { RecordingHeader } from '../recording/header.ts';
import { decodeLine } from '../recording/line.ts';

/** A header is a few hundred bytes, and has the list of option `ignore` in it. */
const mostHeader = 65_536;

/** So much of a line is kept: what is longer is none of a recording's, whose lines wait in a queue of 4 MiB. */
const longestLine = 4_194_304;

/** Files of recordings in the order in which they were written: run by run, and of each its parts. */
export async function inOrder(paths: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(paths.map(async (path) => ({ path, header: await headerOf(path) })));
  const began = new Map<string, number>();
  for (const { header } of files) {
    if (header === undefined) continue;
    const at = Date.parse(header.startedAt);
    began.set(header.run, Math.min(began.get(header.run) ?? at, at));
  }
  return files
    .toSorted((one, other) => {
      if (one.header === undefined || other.header === undefined) return 0;
      const apart = (began.get(one.header.run) ?? 0) - (began.get(other.header.run) ?? 0);
      return one.header.run === other.header.run ? one.header.part - other.header.part : apart;
    })
    .map(({ path }) => path);
}

/** What the first line says; undefined where it is no header. Rejects when the file cannot be read. */
async function headerOf(path: string): Promise<RecordingHeader | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostHeader), 0, mostHeader, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
    const said = decodeLine(line);
    return said.kind === 'recording' ? said : undefined;
  } finally {
    await file.close();
  }
}

/** The lines of these files, one file after the other. */
export async function* linesOf(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) {
    let rest = '';
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(0, longestLine);
      yield* lines;
    }
    if (rest !== '') yield rest;
  }
}
