import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fixture, jsonLines, kernelNeeds, run } from './run.ts';

interface Round {
  readonly begun: readonly string[];
  readonly state: string;
  readonly looked: boolean;
  readonly tookMs: number;
}

describe('after agent.close()', { concurrency: 2, skip: kernelNeeds }, () => {
  for (const source of ['procfs', 'sock_diag', 'netstat'])
    it(`whatever a look by ${source} was at, nothing of it goes on`, async () => {
      const { stdout, stderr } = await run([fixture('close.mjs'), source]);
      const rounds = jsonLines<Round>(stdout);
      assert.equal(rounds.length, 10, stderr);
      for (const { begun, state, looked, tookMs } of rounds) {
        // The two are those of the program, which waits.
        assert.deepEqual(begun.slice(0, 2), begun.length > 1 ? ['PROMISE', 'PROMISE'] : ['PROMISE']);
        assert.ok(begun.length <= 2, begun.join());
        assert.deepEqual([state, looked], ['stopped', true]);
        assert.ok(tookMs < 1000, `${tookMs} ms`);
      }
    });

  it('a program that has nothing else to do gets to know that it is closed', async () => {
    const program = `
      import { createServer, connect } from 'node:net';
      import { start } from ${JSON.stringify(resolve('dist/index.js'))};
      const agent = start({ sources: ['procfs'], intervalMs: 10, findings: 'off' });
      const server = createServer((socket) => socket.end()).listen(0, () => connect(server.address().port).resume());
      await new Promise((done) => setTimeout(done, 300));
      server.close();
      await agent.close();
      console.log('closed');`;
    const { code, stdout, stderr } = await run(['--input-type=module', '--eval', program]);
    assert.deepEqual([code, stdout], [0, 'closed\n'], stderr);
  });
});
