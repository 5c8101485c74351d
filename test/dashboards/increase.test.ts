import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { stringify } from 'yaml';
import { increase } from '../../dashboards/promql.ts';
import { missing } from '../prometheus/programs.ts';

/** What a counter with one sample a minute has counted within the hour before minute 100. */
function assertCounted(values: string, value: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'synfin-increase-'));
  try {
    const file = join(folder, 'test.yml');
    const test = {
      interval: '1m',
      input_series: [{ series: 'leaks{job="shop"}', values }],
      promql_expr_test: [
        {
          expr: `round(${increase('leaks', '1h')})`,
          eval_time: '100m',
          exp_samples: [{ labels: '{job="shop"}', value }],
        },
      ],
    };
    writeFileSync(file, stringify({ rule_files: [], tests: [test] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('what a dashboard says that a counter has counted', { skip: missing('promtool') }, () => {
  it('one that stands still → 0', () => assertCounted('40000x100', 0));

  it('one that was not there before → all that it says', () => assertCounted('_x70 7x30', 7));

  it('a scrape failed at the beginning of the hour → still 0, and not all since the process began', () =>
    assertCounted('40000x39 stale 40000x59', 0));

  it('a process that was restarted under the same name → what it has counted since', () =>
    assertCounted('40000x60 0x10 5x40', 5));
});
