import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketSignals } from '../../src/connection/observation.ts';
import { type KernelWord, standingOf, stoodStill } from '../../src/remedy/standing.ts';
import { http, signals } from '../detectors/views.ts';

const kernel: KernelWord = { state: 'close_wait', unread: 5, received: 100, acked: 20, unacknowledged: 0 };
const paused = signals({ readableFlowing: false, hasDataListener: false, http: http('server', { busy: true }) });
const before = standingOf(kernel, paused);

describe('a leaked connection stands still', () => {
  it('nothing changed → it does', () => {
    assert.ok(stoodStill(before, standingOf({ ...kernel }, { ...paused })));
  });

  const inTheKernel: readonly [string, Partial<KernelWord>][] = [
    ['the peer finished, or reset it', { state: 'closed' }],
    ['a byte was taken out of the queue', { unread: 4 }],
    ['a byte arrived', { received: 101, unread: 6 }],
    ['the peer acknowledged a byte', { acked: 21 }],
    ['a byte is on its way', { unacknowledged: 1 }],
    ['the kernel does not say any more', { received: undefined }],
  ];
  for (const [what, change] of inTheKernel)
    it(`${what} → it does not`, () => assert.ok(!stoodStill(before, standingOf({ ...kernel, ...change }, paused))));

  const inJavaScript: readonly [string, Partial<SocketSignals>][] = [
    ['bytes were read', { bytesRead: 11 }],
    ['bytes were written', { bytesWritten: 11 }],
    ['the stream gave bytes away', { readableLength: 3 }],
    ['reading began', { reading: true }],
    ['the socket flows', { readableFlowing: true }],
    ['somebody listens to data', { hasDataListener: true }],
    ["somebody listens to 'readable'", { hasReadableListener: true }],
    ['it is piped', { pipes: 1 }],
    ['its pipe has drained', { pipeTarget: { name: 'File', needsDrain: false } }],
    ['it is being ended', { writableEnded: true }],
    ['something is to be written', { writableLength: 1 }],
    ['it is destroyed', { destroyed: true }],
    ['the response is over', { http: http('server', { busy: false }) }],
    ['the request has arrived whole', { http: http('server', { busy: true, incomingComplete: true }) }],
    ['HTTP has let go of it', { http: undefined }],
  ];
  for (const [what, change] of inJavaScript)
    it(`${what} → it does not`, () => assert.ok(!stoodStill(before, standingOf(kernel, { ...paused, ...change }))));
});
