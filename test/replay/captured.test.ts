import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { Replay } from '../../src/replay/replay.ts';

/** Real programs, recorded by tools/capture-recordings.mjs, and what each was told of beside it, without the words. */
const directory = resolve('test/fixtures/recordings');
const names = readdirSync(directory).filter((name) => name.endsWith('.ndjson'));

function findingsIn(file: string) {
  const replayed = new Replay();
  const told = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => replayed.take(line));
  assert.deepEqual(
    told.filter(({ kind }) => kind === 'bad_line' || kind === 'fault'),
    [],
  );
  return told.flatMap((one) => {
    if (one.kind !== 'finding') return [];
    const { message, advice, snippet, ...finding } = one.finding;
    assert.ok(message !== '' && advice !== '' && snippet !== '');
    return [finding];
  });
}

describe('a recording of a program in trouble: the findings that it was told of', () => {
  for (const name of names)
    it(name, () => {
      const live: unknown = JSON.parse(
        readFileSync(join(directory, name.replace('.ndjson', '.findings.json')), 'utf8'),
      );
      assert.deepEqual(findingsIn(join(directory, name)), live);
    });

  it('there is one of each of nine sorts, and none shows where it was captured', () => {
    assert.equal(names.length, 9);
    for (const name of names) {
      const text = readFileSync(join(directory, name), 'utf8');
      assert.ok(text.length < 100_000, `${name} is small`);
      assert.doesNotMatch(text, /\/work\/|\/home\/|"writer"/);
    }
  });
});
