import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionView } from '../../src/connection/view.ts';
import { unreadData } from '../../src/detectors/unread-data.ts';
import { tcpStateNames } from '../../src/tcp/state.ts';
import { http, signals, view } from './views.ts';

const detector = unreadData(60e6);

function verdict(fields: Partial<ConnectionView>): string {
  const said = detector.examine(view(1, { state: 'established', receiveQueue: 100_000, ...fields }));
  return said.kind === 'found' ? `found: ${said.cause}` : said.kind;
}

describe('unreadData', () => {
  it('says what it looks for, and is as patient as it was told', () => {
    assert.equal(detector.kind, 'unread_data');
    assert.equal(detector.patience, 60e6);
  });

  it('ESTABLISHED, one byte that nobody reads → found; none → clear', () => {
    assert.equal(verdict({ receiveQueue: 1 }), 'found: paused');
    assert.equal(verdict({ receiveQueue: 0 }), 'clear');
  });

  for (const state of tcpStateNames)
    if (state !== 'established') it(`${state} → clear`, () => assert.equal(verdict({ state }), 'clear'));

  it('an exporter’s own → clear', () => assert.equal(verdict({ suppressed: true }), 'clear'));

  it('libuv reads → clear: the event loop is blocked', () => {
    assert.equal(verdict({ signals: signals({ reading: true, readableFlowing: false }) }), 'clear');
  });

  it('could not be looked into → unknown, which is not clear', () => {
    assert.equal(verdict({ signals: undefined }), 'unknown');
  });

  it('closed in JavaScript, or never in it: nobody need look inside', () => {
    assert.equal(verdict({ signals: undefined, released: true }), 'found: fd_in_other_process');
    assert.equal(verdict({ signals: undefined, inJavaScript: false }), 'found: handle_without_js_socket');
  });

  it('a second request behind one that is being answered (pipelining) → clear', () => {
    const whole = http('server', { parsing: true, busy: true, incomingComplete: true });
    assert.equal(verdict({ signals: signals({ http: whole }) }), 'clear');
  });

  it('a whole request, none being answered → found, cause unknown', () => {
    const whole = http('server', { parsing: true, incomingComplete: true });
    assert.equal(verdict({ signals: signals({ http: whole }) }), 'found: unknown');
  });

  it('a body that the handler does not read, while it answers → found', () => {
    const half = http('server', { parsing: true, busy: true });
    assert.equal(verdict({ signals: signals({ http: half }) }), 'found: http_request_body_not_consumed');
  });
});
