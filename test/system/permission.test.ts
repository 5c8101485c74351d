import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { SourceStatus } from '../../src/index.ts';
import { jsonLines, kernelNeeds, register, run } from './run.ts';

const known = process.allowedNodeEnvironmentFlags;
const permission = known.has('--permission') ? '--permission' : '--experimental-permission';
const network = known.has('--allow-net') ? ['--allow-net'] : [];

const packages = realpathSync('node_modules');
// Node 20 fails on a path that is given twice.
const readable = new Set([dirname(register), resolve('package.json'), packages, resolve('node_modules')]);
const reading = [...readable].map((path) => `--allow-fs-read=${path}${path.endsWith('.json') ? '' : '/*'}`);

/** What a program says of this source, which opens a socket, may read what belongs to it, and do what these flags allow. */
async function statusOf(source: string, ...flags: string[]): Promise<SourceStatus> {
  const program = `
    const net = require('node:net');
    const server = net.createServer((socket) => socket.end()).listen(0, () => net.connect(server.address().port).resume());
    setInterval(() => {
      const status = globalThis[Symbol.for('synfin')].sources().find(({ name }) => name === '${source}');
      if (status.state === 'waiting') return;
      console.log(JSON.stringify(status));
      process.exit();
    }, 50);`;
  const env = { SYNFIN_SOURCES: source, SYNFIN_INTERVAL_MS: '50', SYNFIN_CALL_SITES: 'off' };
  const args = [permission, ...network, ...reading, ...flags, '--require', register, '--eval', program];
  const { stdout, stderr } = await run(args, { env });
  const [status] = jsonLines<SourceStatus>(stdout);
  assert.ok(status, stderr);
  return status;
}

describe('under Node’s permission model', { concurrency: 2, skip: kernelNeeds }, () => {
  it('procfs without the permission to read /proc → refused, and says which', async () => {
    const { state, reason, requirement } = await statusOf('procfs');
    assert.equal(state, 'refused');
    assert.match(reason ?? '', /reading \/proc\/net\/tcp gave ERR_ACCESS_DENIED/);
    assert.equal(requirement, 'the permission --allow-fs-read=/proc of Node');
  });

  it('with just that → it runs', async () => {
    assert.equal((await statusOf('procfs', '--allow-fs-read=/proc')).state, 'running');
  });

  it('netstat without the permission to start children → refused, and says which', async () => {
    const { state, requirement } = await statusOf('netstat');
    assert.deepEqual([state, requirement], ['refused', 'the permission --allow-child-process of Node']);
  });

  it('with just that → it runs', async () => {
    const { state, reason } = await statusOf('netstat', '--allow-child-process');
    assert.equal(state, 'running', reason);
  });
});
