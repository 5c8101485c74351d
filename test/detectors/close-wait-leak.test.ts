import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionView } from '../../src/connection/view.ts';
import { closeWaitLeak } from '../../src/detectors/close-wait-leak.ts';
import { tcpStateNames } from '../../src/tcp/state.ts';
import { signals, view } from './views.ts';

const detector = closeWaitLeak(30e6);

function verdict(fields: Partial<ConnectionView>): string {
  const said = detector.examine(view(1, fields));
  return said.kind === 'found' ? `found: ${said.cause}` : said.kind;
}

describe('closeWaitLeak', () => {
  it('says what it looks for, and is as patient as it was told', () => {
    assert.equal(detector.kind, 'close_wait_leak');
    assert.equal(detector.patience, 30e6);
    assert.equal(closeWaitLeak(0).patience, 0);
  });

  it('CLOSE_WAIT, nobody closes → found, with the cause', () => {
    assert.equal(verdict({}), 'found: paused');
    assert.equal(
      verdict({ receiveQueue: 0, signals: signals({ readableEnded: true, allowHalfOpen: true }) }),
      'found: half_open_never_ended',
    );
  });

  for (const state of tcpStateNames)
    if (state !== 'close_wait') it(`${state} → clear`, () => assert.equal(verdict({ state }), 'clear'));

  it('closed in JavaScript, still CLOSE_WAIT → another process holds it', () => {
    assert.equal(verdict({ released: true }), 'found: fd_in_other_process');
  });

  it('no JavaScript socket of ours → found', () => {
    assert.equal(verdict({ inJavaScript: false, signals: undefined }), 'found: handle_without_js_socket');
  });

  it('could not be looked into → found, cause unknown: CLOSE_WAIT is proof enough', () => {
    assert.equal(verdict({ signals: undefined }), 'found: unknown');
  });

  it('an exporter’s own, opened under suppressed tracing → clear', () => {
    assert.equal(verdict({ suppressed: true }), 'clear');
  });

  it('bytes wait and libuv reads → clear: the event loop is blocked', () => {
    assert.equal(verdict({ receiveQueue: 1, signals: signals({ reading: true }) }), 'clear');
    assert.equal(verdict({ receiveQueue: 1, signals: signals({ reading: false }) }), 'found: unknown');
  });

  it('bytes that the peer does not take → clear: a stuck write, and the peer’s turn', () => {
    assert.equal(verdict({ sendQueue: 0 }), 'found: paused');
    assert.equal(verdict({ sendQueue: 3 }), 'clear');
    assert.equal(verdict({ sendQueue: 2_000_000 }), 'clear');
  });
});
