import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { adopted, closed, connected, connecting, edge, handedOver, row, seconds, socketId } from './observations.ts';
import { steps, watch } from './watch.ts';

describe('a socket first seen half-way', () => {
  it('adopted → established, who opened it unknown, no handshake told', () => {
    const { tell, connection } = watch();
    assert.deepEqual(tell(adopted(1, 10)), []);
    const view = viewOf(connection(), seconds(12));
    assert.deepEqual([view.role, view.state, view.age], ['unknown', 'established', 2]);
    assert.equal(view.handshakeDuration, undefined);
    assert.deepEqual(view.steps, []);
  });

  it('adopted + close_wait row → close_wait, the teardown has begun', () => {
    const { tell, connection } = watch();
    tell(adopted(1, 10));
    assert.deepEqual(tell(row(socketId(1), 12, 'close_wait')), [
      'established → close_wait @12 inferred',
      'teardown_started @12',
    ]);
    assert.equal(connection().initiator, 'remote');
  });

  it('adopted + closed → its teardown is told', () => {
    const { tell } = watch();
    tell(adopted(1, 10));
    assert.deepEqual(tell(closed(1, 12)), ['teardown_started @12', 'teardown_completed @12', 'forgotten over']);
  });

  it('a descriptor without a JavaScript socket is marked as one', () => {
    const { tell, connection } = watch();
    tell(adopted(1, 10, { id: { inode: socketId(1).inode }, inJavaScript: false }));
    assert.equal(viewOf(connection(), seconds(11)).inJavaScript, false);
    assert.equal(viewOf(connection(), seconds(11)).id, 'ino:5001');
  });

  it('and learns its other names from a row', () => {
    const { tell, connection } = watch();
    tell(adopted(1, 10, { id: { inode: socketId(1).inode }, inJavaScript: false }));
    tell(row(socketId(1), 12, 'close_wait'));
    assert.deepEqual(connection().id, socketId(1));
    tell(row({ cookie: socketId(1).cookie }, 13, 'last_ack'));
    assert.equal(connection().state, 'last_ack');
  });

  it('what is known already is not adopted again', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10));
    assert.deepEqual(tell(adopted(2, 12, { id: socketId(1), inJavaScript: false })), []);
    assert.equal(tracker.counts().connections, 1);
    assert.equal(tracker.get(1)?.inJavaScript, true);
  });
});

describe('an edge of a cookie that nobody knows', () => {
  it('established → close_wait: a connection of which only this is known', () => {
    const { tell, connection } = watch();
    assert.deepEqual(tell(edge(1, 10, 'established', 'close_wait')), [
      'established → close_wait @10',
      'teardown_started @10',
    ]);
    const view = viewOf(connection(), seconds(11));
    assert.deepEqual([view.role, view.id, view.source, view.initiator], ['unknown', '101', 'ebpf', 'remote']);
    assert.equal(view.handshakeDuration, undefined);
  });

  it('the rest of its life is told as of any other', () => {
    const { tracker, tell, connection } = watch();
    tell(edge(1, 10, 'established', 'close_wait'), edge(1, 11, 'close_wait', 'last_ack'));
    assert.deepEqual(tell(edge(1, 12, 'last_ack', 'closed')), [
      'last_ack → closed @12',
      'teardown_completed @12',
      'forgotten over',
    ]);
    assert.deepEqual(steps(connection()), ['fin.received @10', 'fin.sent @11', 'fin.acked @12']);
    assert.equal(tracker.counts().connections, 0);
  });
});

it('a socket that goes to another process is no longer ours to watch: forgotten, no teardown told', () => {
  const { tracker, tell } = watch();
  tell(connecting(1, 9.99), connected(1, 10));
  assert.deepEqual(tell(handedOver(1, 20)), ['forgotten over']);
  assert.deepEqual(tell(closed(1, 21)), []);
  assert.equal(tracker.counts().connections, 0);
});
