import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inodeFrom } from '../../src/tcp/identity.ts';
import { closed, connected, connecting, row, socketId, tcpInfo } from './observations.ts';
import { type Watch, watch } from './watch.ts';

const inode = inodeFrom(5001);
const first = { inode, tuple: socketId(1).tuple };
const second = { inode, tuple: socketId(2).tuple };

/** The kernel gives the inode number of a closed socket to the next one. No cookies on this host. */
function reused(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99, { id: first }), connected(1, 10), closed(1, 20, { info: tcpInfo('established') }));
  it.tell(connecting(2, 30, { id: second }), connected(2, 30.01));
  return it;
}

describe('the same inode after a close', () => {
  it('is another connection, and both are remembered', () => {
    const { tracker } = reused();
    assert.equal(tracker.counts().connections, 2);
    assert.equal(tracker.get(2)?.state, 'established');
  });

  it('a row with the inode is about the new one', () => {
    const { tracker, tell } = reused();
    tell(row({ inode }, 40, 'close_wait', { source: 'procfs' }));
    assert.equal(tracker.get(2)?.state, 'close_wait');
    assert.equal(tracker.get(1)?.state, 'established');
  });

  it('a row of the old four-tuple, without an inode, is about the old one', () => {
    const { tracker, tell } = reused();
    tell(row({ tuple: first.tuple }, 21, 'time_wait', { source: 'procfs' }));
    assert.equal(tracker.get(1)?.state, 'time_wait');
    assert.equal(tracker.get(2)?.state, 'established');
  });

  it('the old one does not take the inode back when more is learnt of it', () => {
    const { tracker, tell } = reused();
    tell(row({ cookie: socketId(9).cookie, tuple: first.tuple }, 35, 'time_wait'));
    tell(row({ inode, tuple: second.tuple }, 40, 'close_wait', { source: 'procfs' }));
    assert.equal(tracker.get(2)?.state, 'close_wait');
  });

  it('the end of the old one leaves the new one findable', () => {
    const { tracker, tell, advance } = reused();
    advance(700);
    tell(row({ inode }, 701, 'close_wait', { source: 'procfs' }));
    assert.equal(tracker.get(2)?.state, 'close_wait');
  });
});

it('the same number of a descriptor says nothing: a new socket has a new ref', () => {
  const { tracker, tell } = reused();
  tell(closed(1, 50));
  assert.equal(tracker.get(2)?.phase, 'open');
});
