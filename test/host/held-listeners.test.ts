import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HeldListeners } from '../../src/host/held-listeners.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { inodeFrom } from '../../src/tcp/identity.ts';
import { row, seconds } from '../connection/observations.ts';

function listener(address: string, port: number, inode: number) {
  const tuple = { local: endpoint(address, port), peer: endpoint('0.0.0.0', 0) };
  return row({ inode: inodeFrom(inode), tuple }, 10, 'listen');
}

describe('HeldListeners', () => {
  let root: string;
  let at = 10;
  beforeEach(() => {
    at = 10;
    root = mkdtempSync(join(tmpdir(), 'synfin-listeners-'));
    mkdirSync(join(root, 'self', 'fd'), { recursive: true });
    symlinkSync('socket:[11]', join(root, 'self', 'fd', '3'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const holder = (...rows: ReturnType<typeof listener>[]) =>
    new HeldListeners({ procRoot: root, now: () => seconds(at), listening: () => rows, spent: () => {} });

  it('a listener that is among our descriptors → ours; another → not', async () => {
    const held = holder(listener('10.0.0.1', 80, 11), listener('10.0.0.1', 81, 12));
    assert.equal(await held.holds(endpoint('10.0.0.1', 80)), true);
    assert.equal(await held.holds(endpoint('10.0.0.1', 81)), false);
  });

  it('nobody listens there, as far as was seen → it cannot be told', async () => {
    const held = holder(listener('10.0.0.1', 80, 11));
    assert.equal(await held.holds(endpoint('10.0.0.1', 82)), undefined);
    assert.equal(await held.holds(endpoint('10.0.0.2', 80)), undefined);
  });

  it('one that listens everywhere is reached by every address', async () => {
    assert.equal(await holder(listener('::', 80, 11)).holds(endpoint('10.0.0.1', 80)), true);
    assert.equal(await holder(listener('0.0.0.0', 80, 11)).holds(endpoint('10.0.0.1', 80)), true);
  });

  it('/proc does not say → it cannot be told', async () => {
    rmSync(join(root, 'self'), { recursive: true });
    assert.equal(await holder(listener('10.0.0.1', 80, 11)).holds(endpoint('10.0.0.1', 80)), undefined);
  });

  it('is looked for once; what is not ours, again after ten minutes: it may have been sent to us', async () => {
    const held = holder(listener('10.0.0.1', 81, 12));
    assert.equal(await held.holds(endpoint('10.0.0.1', 81)), false);
    symlinkSync('socket:[12]', join(root, 'self', 'fd', '4'));
    at = 610;
    assert.equal(await held.holds(endpoint('10.0.0.1', 81)), false);
    at = 610.1;
    assert.equal(await held.holds(endpoint('10.0.0.1', 81)), true);
  });
});
