import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kernelNeeds, run } from '../system/run.ts';
import { comparable, Readme } from './readme-commands.ts';

const readme = new Readme('fetch-client');
const [withTable, withoutCode] = readme.commands('node');
assert.ok(withTable && withoutCode);

/** Requests, handshakes and reused connections of each way. The last is what the README tells of. */
const counts = {
  'fetch, one by one': [10, 1, 9],
  'fetch, all at once': [10, 9, 1],
  'http.get, keep-alive': [10, 1, 9],
  'http.get, no keep-alive': [10, 10, 0],
};

interface Row {
  readonly way: string;
  readonly counts: readonly number[];
  readonly rtt: string;
  readonly goodbye: Readonly<Record<string, number>>;
}

function rows(stdout: string): Row[] {
  return [...stdout.matchAll(/^(\S.*?) {2,}(\d+) +(\d+) +(\d+) +(\S.*?) {3}(.*)$/gm)].map(
    ([, way = '', requests, handshakes, reused, rtt = '', goodbye = '']) => ({
      way,
      counts: [requests, handshakes, reused].map(Number),
      rtt,
      goodbye: Object.fromEntries([...goodbye.matchAll(/(\w+) (\d+)/g)].map(([, who, count]) => [who, Number(count)])),
    }),
  );
}

async function table(
  env: Readonly<Record<string, string>> = {},
): Promise<{ rows: Row[]; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await run(withTable?.words.slice(1) ?? [], { env });
  assert.equal(code, 0, stderr);
  return { rows: rows(stdout), stdout, stderr };
}

const countsOf = (told: readonly Row[]) => Object.fromEntries(told.map(({ way, counts }) => [way, counts]));

describe('examples/fetch-client, as its README has it', { concurrency: 2 }, () => {
  it('the README shows these numbers', () => {
    assert.deepEqual(countsOf(rows(readme.text)), counts);
  });

  it('with the table → how many connections ten requests needed, and who said goodbye', {
    skip: kernelNeeds,
  }, async () => {
    const told = await table();
    assert.equal(told.stderr, '');
    assert.deepEqual(countsOf(told.rows), counts);
    for (const { way, rtt } of told.rows) assert.match(rtt, /^\d+\.\d{3} ms$/, way);
    const goodbyes = Object.fromEntries(told.rows.map(({ way, goodbye }) => [way, goodbye]));
    assert.deepEqual(goodbyes['fetch, one by one'], { remote: 1 });
    assert.deepEqual(goodbyes['fetch, all at once'], { remote: 9 });
    assert.deepEqual(goodbyes['http.get, keep-alive'], { local: 1 });
    // A race, but always of these: who won is known of every connection.
    const { remote = 0, local = 0, simultaneous = 0 } = goodbyes['http.get, no keep-alive'] ?? {};
    assert.equal(remote + local + simultaneous, 10);
    const [heading = ''] = told.stdout.split('\n').filter((line) => line.startsWith('way'));
    assert.ok(readme.captured('table').includes(comparable(heading)));
  });

  it('where the kernel cannot be asked → the same numbers, and nothing that is not known', async () => {
    const told = await table({ SYNFIN_SOURCES: 'netstat' });
    assert.deepEqual(countsOf(told.rows), counts);
    for (const { way, rtt } of told.rows) assert.equal(rtt, 'not known', way);
  });

  it('with synfin alone → the program runs as without it', async () => {
    const words = withoutCode.words.slice(1);
    assert.deepEqual(words.slice(0, 2), ['--import', 'synfin/register']);
    const watched = await run(words, { env: kernelNeeds ? { SYNFIN_ENABLED: 'false' } : {} });
    assert.deepEqual(watched, await run(words.slice(2)));
  });
});
