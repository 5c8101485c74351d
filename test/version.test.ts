import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { it } from 'node:test';
import { version } from '../src/version.ts';

it('the version that telemetry is told is that of package.json', () => {
  const manifest: unknown = JSON.parse(readFileSync(resolve('package.json'), 'utf8'));
  assert.equal(version, Reflect.get(manifest as object, 'version'));
});
