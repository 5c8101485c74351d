import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { causeOf } from '../../src/detectors/cause.ts';
import { accepted, adopted, row, seconds, socketId, sweepEnd } from './observations.ts';
import { type Watch, watch } from './watch.ts';

const { cookie, tuple, inode } = socketId(1);
const id = { cookie, tuple };

/** In the accept queue of a listener of ours, finished by the peer. */
function waiting(): Watch {
  const it = watch();
  it.tell(adopted(9, 20, { id, inJavaScript: false, unaccepted: true }), row(id, 20, 'close_wait'));
  return it;
}

describe('a connection that waits to be accepted', () => {
  it('is suspicious, a server’s, and not accepted', () => {
    const { tracker, connection } = waiting();
    assert.equal(tracker.suspects().size, 1);
    const view = viewOf(connection(), seconds(25));
    assert.deepEqual([view.role, view.unaccepted, causeOf(view)], ['server', true, 'not_accepted']);
  });

  it('accepted by this process → like any other', () => {
    const { tracker, tell } = waiting();
    tell(accepted(2, 30, { id: socketId(1) }));
    const connection = tracker.get(2);
    assert.ok(connection);
    assert.deepEqual([connection.unaccepted, connection.inJavaScript], [false, true]);
    assert.equal(tracker.counts().connections, 1);
  });

  it('accepted by another process → its row is a stranger’s, and the next whole sweep ends it here', () => {
    const { tracker, tell } = waiting();
    tell(row({ ...id, inode }, 25, 'close_wait'), sweepEnd(24, 26, ['close_wait']));
    assert.equal(tracker.takeStrangers().length, 1);
    assert.equal(tracker.counts().connections, 0);
  });

  it('reset, or its listener closed → absent from a whole sweep, and gone', () => {
    const { tracker, tell } = waiting();
    tell(row(id, 25, 'close_wait'), sweepEnd(24, 26, ['close_wait']));
    assert.equal(tracker.suspects().size, 1);
    tell(sweepEnd(29, 30, ['close_wait']));
    assert.equal(tracker.counts().connections, 0);
  });
});
