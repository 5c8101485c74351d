import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketSignals } from '../../src/connection/observation.ts';
import { causeOf, waitsForTheLoop } from '../../src/detectors/cause.ts';
import { type LeakCause, leakCauses } from '../../src/detectors/kinds.ts';
import { http, signals, view } from './views.ts';

interface Row {
  readonly seen: string;
  readonly signals: Partial<SocketSignals>;
  readonly cause: LeakCause;
}

/** The peer has finished and 'end' was emitted; we did not end. */
const told: readonly Row[] = [
  {
    seen: 'taken out of an HTTP server by upgrade: neither parser nor response',
    signals: { allowHalfOpen: true, http: http('server') },
    cause: 'upgrade_forgotten',
  },
  {
    seen: 'httpAllowHalfOpen and a response under way',
    signals: { allowHalfOpen: true, http: http('server', { parsing: true, busy: true }) },
    cause: 'http_half_open_response',
  },
  { seen: 'allowHalfOpen', signals: { allowHalfOpen: true }, cause: 'half_open_never_ended' },
  { seen: 'nothing that explains it', signals: {}, cause: 'unknown' },
];

/** Reading has stopped before the FIN. In the order in which the first that fits decides. */
const notRead: readonly Row[] = [
  {
    seen: 'the body of a fetch',
    signals: { http: http('fetch', { parsing: true }) },
    cause: 'fetch_body_not_consumed',
  },
  { seen: 'a response under way', signals: { http: http('client') }, cause: 'http_response_not_consumed' },
  {
    seen: 'a request that has not arrived whole',
    signals: { http: http('server', { parsing: true }) },
    cause: 'http_request_body_not_consumed',
  },
  { seen: 'onread', signals: { hasOnread: true }, cause: 'onread_stopped' },
  { seen: 'a pipe', signals: { pipes: 1 }, cause: 'pipe_stuck' },
  { seen: "a 'readable' listener of for await", signals: { iterating: true }, cause: 'iterator_stalled' },
  { seen: "a 'readable' listener", signals: { hasReadableListener: true }, cause: 'readable_not_read' },
  {
    seen: 'pauseOnConnect, nothing ever read, flowing false',
    signals: { pausedOnConnect: true, bytesRead: 0, readableFlowing: false },
    cause: 'pause_on_connect',
  },
  { seen: 'flowing false', signals: { readableFlowing: false }, cause: 'paused' },
  {
    seen: 'flowing null, no data listener',
    signals: { readableFlowing: null, hasDataListener: false },
    cause: 'no_consumer',
  },
];

describe('the peer has finished, JavaScript knows, and our side is open', () => {
  for (const row of told)
    it(`${row.seen} → ${row.cause}`, () => {
      assert.equal(causeOf(view(1, { signals: signals({ readableEnded: true, ...row.signals }) })), row.cause);
    });

  it('a response under way without its parser → http_half_open_response still', () => {
    const seen = signals({ readableEnded: true, allowHalfOpen: true, http: http('server', { busy: true }) });
    assert.equal(causeOf(view(1, { signals: seen })), 'http_half_open_response');
  });
});

describe('bytes that nobody reads', () => {
  for (const row of notRead)
    it(`${row.seen} → ${row.cause}`, () => {
      assert.equal(causeOf(view(1, { signals: signals(row.signals) })), row.cause);
    });

  it('an upgraded socket, no parser left → upgrade_forgotten', () => {
    const seen = signals({ readableFlowing: null, http: http('server') });
    assert.equal(causeOf(view(1, { signals: seen })), 'upgrade_forgotten');
  });

  it('an upgraded socket that somebody took over and paused → paused', () => {
    const seen = signals({ readableFlowing: false, hasDataListener: true, http: http('server') });
    assert.equal(causeOf(view(1, { signals: seen })), 'paused');
  });

  it('of two signs the one higher in the table decides', () => {
    for (const [index, upper] of notRead.entries())
      for (const lower of notRead.slice(index + 1)) {
        const seen = signals({ ...lower.signals, ...upper.signals });
        assert.equal(causeOf(view(1, { signals: seen })), upper.cause, `${upper.seen}, and ${lower.seen}`);
      }
  });

  it('a request that arrived whole, a pipelined one behind it → unknown, whatever the flow', () => {
    const whole = http('server', { parsing: true, busy: true, incomingComplete: true });
    assert.equal(causeOf(view(1, { signals: signals({ http: whole, readableFlowing: false }) })), 'unknown');
  });

  it('pauseOnConnect, but something was read since → paused', () => {
    const seen = signals({ pausedOnConnect: true, bytesRead: 1, readableFlowing: false });
    assert.equal(causeOf(view(1, { signals: seen })), 'paused');
  });

  it('flowing null with a data listener, and flowing true → unknown', () => {
    assert.equal(causeOf(view(1, { signals: signals({ readableFlowing: null }) })), 'unknown');
    assert.equal(causeOf(view(1, { signals: signals({ readableFlowing: true }) })), 'unknown');
  });

  it('a fetch socket whose parser is gone is judged by its stream', () => {
    const seen = signals({ http: http('fetch'), hasReadableListener: true });
    assert.equal(causeOf(view(1, { signals: seen })), 'readable_not_read');
  });
});

describe('before any sign of the stream', () => {
  it('closed in JavaScript, and the kernel still has it → fd_in_other_process', () => {
    assert.equal(causeOf(view(1, { released: true, inJavaScript: false })), 'fd_in_other_process');
  });

  it('a descriptor without a JavaScript socket → handle_without_js_socket', () => {
    assert.equal(causeOf(view(1, { inJavaScript: false, signals: undefined })), 'handle_without_js_socket');
  });

  it('nobody could look inside → unknown', () => {
    assert.equal(causeOf(view(1, { signals: undefined })), 'unknown');
  });

  it('end() was called and its write never finished → ended_write_stuck', () => {
    const seen = signals({ readableEnded: true, allowHalfOpen: true, writableEnded: true });
    assert.equal(causeOf(view(1, { signals: seen })), 'ended_write_stuck');
  });

  it('end() was called and all is written → the reading side is to blame', () => {
    const seen = signals({ writableEnded: true, writableFinished: true, readableFlowing: false });
    assert.equal(causeOf(view(1, { signals: seen })), 'paused');
  });
});

describe('waitsForTheLoop', () => {
  it('libuv reads and bytes wait → the loop has not turned', () => {
    assert.equal(waitsForTheLoop(view(1, { receiveQueue: 1, signals: signals({ reading: true }) })), true);
  });

  it('libuv does not read, nothing waits, or nobody knows → JavaScript is to blame', () => {
    assert.equal(waitsForTheLoop(view(1, { receiveQueue: 1, signals: signals({ reading: false }) })), false);
    assert.equal(waitsForTheLoop(view(1, { receiveQueue: 0, signals: signals({ reading: true }) })), false);
    assert.equal(waitsForTheLoop(view(1, { receiveQueue: 1, signals: undefined })), false);
  });
});

it('every cause has its row', () => {
  const others = ['upgrade_forgotten', 'fd_in_other_process', 'handle_without_js_socket', 'ended_write_stuck'];
  const tested = new Set<string>([...told, ...notRead].map(({ cause }) => cause).concat(others as LeakCause[]));
  // Of one that nobody accepted there are no signals: its own test tells of it.
  assert.deepEqual(['not_accepted', ...tested].toSorted(), [...leakCauses].toSorted());
});
