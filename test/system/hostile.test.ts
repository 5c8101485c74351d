import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { type Ended, fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

const file = fixture('hostile.mjs');
const env = {
  SYNFIN_FINDINGS: 'json',
  SYNFIN_INTERVAL_MS: '200',
  SYNFIN_CLOSE_WAIT_MS: '500',
  SYNFIN_CPU_BUDGET: '1',
};

function told({ stderr }: Ended): Finding[] {
  return jsonLines<Finding>(stderr).filter(({ kind }) => kind !== undefined);
}

describe('an application that is hard to be a guest in', { skip: kernelNeeds }, () => {
  it('a script that is named like no file of this host → it lives, and its leak is told', async () => {
    const ended = await new Program(['--import', register, file, 'a script with an odd name'], { env }).ended;
    assert.deepEqual([ended.code, ended.stdout], [0, '']);
    assert.deepEqual(
      told(ended).map(({ kind, cause, status }) => [kind, cause, status]),
      [['close_wait_leak', 'paused', 'raised']],
    );
  });

  it('stderr is a pipe that nobody reads → the application is not made to wait', async () => {
    // The shell fills the pipe before node starts; `sleep` holds its other end and reads nothing.
    const script = `{ head -c 200000 /dev/zero >&2 & sleep 0.5; kill $! 2>/dev/null; exec "$0" "$@"; } 2> >(exec sleep 20)`;
    const child = spawn('bash', ['-c', script, process.execPath, '--import', register, file, 'stderr is full'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), 15_000);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (text.includes('alive')) child.stdout.destroy();
    });
    const [code] = await once(child, 'exit');
    clearTimeout(limit);
    assert.equal(stdout, 'alive\n');
    assert.equal(code, 0);
  });

  it('no descriptor is left → told as critical, since the limit is reached', async () => {
    const limited = `ulimit -n 64 && exec "$0" "$@"`;
    const child = spawn('sh', ['-c', limited, process.execPath, '--import', register, file, 'no descriptor is left'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code, signal] = await once(child, 'close');
    const findings = told({ code, signal, stdout: '', stderr });
    assert.equal(code, 0);
    assert.deepEqual(new Set(findings.map(({ severity }) => severity)), new Set(['critical']));
    assert.deepEqual(
      findings.map(({ kind, cause, count }) => [kind, cause, count]),
      [['close_wait_leak', 'paused', 5]],
    );
  });
});
