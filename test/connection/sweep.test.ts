import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adopted, closed, connected, connecting, handedOver, look, row, socketId, sweepEnd } from './observations.ts';
import { type Watch, watch } from './watch.ts';

/** A descriptor without a JavaScript socket, in CLOSE_WAIT: only sweeps can see it. */
function onlySwept(): Watch {
  const it = watch();
  it.tell(adopted(1, 10, { inJavaScript: false }), row(socketId(1), 20, 'close_wait'));
  it.tell(sweepEnd(19, 21, ['close_wait']));
  return it;
}

describe('a whole sweep that no longer shows a connection proves that it left', () => {
  it('close_wait + whole sweep without it → closed, forgotten', () => {
    const { tracker, tell } = onlySwept();
    assert.deepEqual(tell(sweepEnd(29, 30, ['close_wait'])), [
      'close_wait → closed @30 inferred',
      'teardown_completed @30',
      'forgotten over',
    ]);
    assert.equal(tracker.counts().connections, 0);
    assert.equal(tracker.suspects().size, 0);
  });

  it('a connection that this process closed and that the kernel showed open after that, too', () => {
    const { tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10), row(socketId(1), 15, 'close_wait'), closed(1, 20));
    tell(row(socketId(1), 25, 'close_wait'), sweepEnd(24, 26, ['close_wait']));
    assert.deepEqual(tell(sweepEnd(29, 30, ['close_wait'])), ['close_wait → closed @30 inferred', 'forgotten over']);
  });
});

describe('nothing else proves absence', () => {
  it('a sweep that was cut short', () => {
    const { tracker, tell } = onlySwept();
    assert.deepEqual(tell(sweepEnd(29, 30, ['close_wait'], { whole: false })), []);
    assert.equal(tracker.counts().connections, 1);
  });

  it('a sweep over other states', () => {
    assert.deepEqual(onlySwept().tell(sweepEnd(29, 30, ['time_wait', 'listen'])), []);
  });

  it('a sweep that showed it', () => {
    const { tell, connection } = onlySwept();
    assert.deepEqual(tell(row(socketId(1), 29.5, 'close_wait'), sweepEnd(29, 30, ['close_wait'])), []);
    assert.equal(connection().state, 'close_wait');
  });

  it('a sweep that showed it, after somebody had looked by way of a descriptor', () => {
    const { tell, connection } = onlySwept();
    tell(look(1, 25, 'close_wait'));
    assert.deepEqual(tell(row(socketId(1), 29.5, 'close_wait'), sweepEnd(29, 30, ['close_wait'])), []);
    assert.equal(connection().state, 'close_wait');
  });

  it('a sweep, about a socket that this process has in JavaScript: its own close will tell', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10), row(socketId(1), 20, 'close_wait'));
    assert.deepEqual(tell(sweepEnd(29, 30, ['close_wait'])), []);
    assert.equal(tracker.get(1)?.state, 'close_wait');
  });
});

it('unread bytes make a suspect of an established connection, reading them none', () => {
  const { tracker, tell, connection } = watch();
  tell(connecting(1, 9.99), connected(1, 10), row(socketId(1), 20, 'established', { receiveQueue: 101 }));
  assert.deepEqual([...tracker.suspects()], [connection()]);
  tell(row(socketId(1), 25, 'established', { receiveQueue: 0 }));
  assert.equal(tracker.suspects().size, 0);
});

it('a connection that was handed to another process is none of ours to suspect', () => {
  const { tracker, tell } = watch();
  tell(connecting(1, 9.99), connected(1, 10), row(socketId(1), 15, 'close_wait'), handedOver(1, 20));
  assert.equal(tracker.suspects().size, 0);
});
