import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { causesOf, findingKinds, leakCauses } from '../src/detectors/kinds.ts';
import { optionTable } from '../src/options.ts';
import { run } from './system/run.ts';

const readme = readFileSync('README.md', 'utf8');

describe('README', () => {
  it('tells of each option what the table of options says, and of no other', () => {
    const rows = Object.entries(optionTable).map(
      ([name, { variable, default: value, doc }]) => `| \`${name}\` | \`${variable}\` | ${value} | ${doc} |`,
    );
    assert.deepEqual(readme.match(/^\| `\w+` \| `SYNFIN_\w+` \|.*$/gm), rows);
  });

  it('has each kind in its table, with its causes, and no other', () => {
    const table = readme.slice(readme.indexOf('| kind |'), readme.indexOf('| why nobody'));
    const rows = [...table.matchAll(/^\| `(\w+)` \|[^|]*\|(.*)\|$/gm)].map(([, kind, causes = '']) => [
      kind,
      [...causes.matchAll(/`(\w+)`/g)].map(([, cause]) => cause),
    ]);
    const told = (kind: (typeof findingKinds)[number]) =>
      causesOf[kind] === leakCauses ? [] : causesOf[kind].filter((cause) => cause !== 'unknown');
    assert.deepEqual(
      rows,
      findingKinds.map((kind) => [kind, told(kind)]),
    );
  });

  it('has each cause of a leak in its table, and no other', () => {
    const table = readme.slice(readme.indexOf('| why nobody'), readme.indexOf('As JSON'));
    const told = [...table.matchAll(/`([a-z_]+)`/g)]
      .map((match) => match[1] ?? '')
      .filter((word) => word.includes('_') || word === 'paused');
    assert.deepEqual(told.sort(), leakCauses.filter((cause) => cause !== 'unknown').sort());
  });

  it('what it says for Prometheus runs as it stands in an Express service; the Chinese one says the same', async () => {
    const snippet = (text: string) => {
      const code = /^#+ Prometheus\n\n```js\n([\s\S]*?)```/m.exec(text)?.[1] ?? assert.fail('no section on Prometheus');
      return code.replaceAll(/ +\/\/ .*/g, '');
    };
    assert.equal(snippet(readFileSync('README.zh.md', 'utf8')), snippet(readme));
    const service = `import express from 'express'; const app = express(); ${snippet(readme)}
      const server = app.listen(0, '127.0.0.1', async () => {
        const response = await fetch('http://127.0.0.1:' + server.address().port + '/metrics');
        console.log(response.status, response.headers.get('content-type'), await response.text());
        process.exit();
      });`;
    const { code, stdout, stderr } = await run(['--input-type=module', '--eval', service]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^200 text\/plain; version=0\.0\.4; charset=utf-8 # HELP synfin_/);
    assert.match(stdout, /^# TYPE synfin_tcp_connection_leaks_total counter$/m);
  });

  it('leads to each example that has a README, and says how many there are', () => {
    const there = readdirSync('examples').filter((name) => existsSync(`examples/${name}/README.md`));
    const linked = [...readme.matchAll(/\]\(examples\/([\w-]+)\/README\.md\)/g)].map(([, name]) => name);
    assert.deepEqual(linked.toSorted(), there.toSorted());
    const words = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six'];
    assert.match(readme, new RegExp(`^${words[there.length]} examples run as they are`, 'm'));
  });

  it('has the two lines that work alone in a fresh clone', () => {
    assert.match(readme, /^npm ci && npm run demo$/m);
    assert.match(readme, /^npm ci && npm test$/m);
  });
});
