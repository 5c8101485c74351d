import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { mostBeside } from '../../src/recorder/crowd.ts';
import { usual } from '../../src/recorder/recorder.ts';
import type { RecordingHeader } from '../../src/recording/header.ts';
import { decodeLine, encodeHeader, encodeObservation } from '../../src/recording/line.ts';
import { observations } from './any-observation.ts';

const docs = readFileSync('docs/recordings.md', 'utf8');
const excerpt = (/```ndjson\n([\s\S]*?)\n```/.exec(docs)?.[1] ?? '').split('\n');

describe('docs/recordings.md', () => {
  it('its excerpt is read, and written again to the byte', () => {
    assert.ok(excerpt.length > 5);
    const again = excerpt.map((line) => {
      const read = decodeLine(line);
      assert.notEqual(read.kind, 'bad_line', line);
      if (read.kind === 'bad_line') return '';
      return read.kind === 'recording' ? encodeHeader(read) : encodeObservation(read);
    });
    assert.deepEqual(again, excerpt);
    assert.equal((decodeLine(excerpt[0] ?? '') as RecordingHeader).version, 1);
    assert.match(docs, /`version` is that of the format, 1 now/);
  });

  it('has each kind of line in its table, each event, and no other', () => {
    const rows = [...docs.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)];
    const kinds = new Set(Object.keys(observations).map((name) => name.split(':', 1)[0] ?? ''));
    const plain = ['transition', 'row', 'sweep_end', 'lost', 'host'];
    assert.deepEqual(rows.map(([, kind]) => kind).toSorted(), ['recording', 'socket_event', ...plain].toSorted());
    const told = rows.find(([, kind]) => kind === 'socket_event')?.[2] ?? '';
    const events = [...told.slice(told.lastIndexOf('one of')).matchAll(/`(\w+)`/g)].map(([, event]) => event ?? '');
    assert.deepEqual(events.toSorted(), [...kinds].filter((kind) => !plain.includes(kind)).toSorted());
  });

  it('tells the limits as they are', () => {
    const { gatherMs, queueBytes, partBytes, retryMs } = usual;
    for (const text of [
      `Lines are gathered for ${gatherMs} ms`,
      `to ${queueBytes / 2 ** 20} MiB; what is over`,
      `At ${partBytes / 2 ** 20} MiB the file`,
      `tried again every ${retryMs / 1000} s`,
      `At most ${mostBeside} such files`,
    ])
      assert.ok(docs.replaceAll(/\s+/g, ' ').includes(text), text);
    assert.equal(usual.keep, 2);
  });
});
