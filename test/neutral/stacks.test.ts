import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onTheWay, same } from './twice.ts';

describe('stacks, and the class Error', { concurrency: 3 }, () => {
  const file = 'stacks.cjs';

  it("an error that comes later has the stack that it has: ECONNREFUSED, ECONNRESET, EADDRINUSE, a listener's own", async () => {
    const { said } = await same(file, 'of what fails later');
    assert.match(String(said('refused')), /^Error: connect ECONNREFUSED.*\n +at TCPConnectWrap\.afterConnect/);
    assert.match(String(said('connect')), /TCPConnectWrap\.afterConnect \[as oncomplete\]/);
    for (const name of ['connection', 'end', 'close', 'EADDRINUSE', 'ECONNRESET']) assert.equal(said(name).length, 1);
  });

  it('an error that is thrown by the call itself: the frames of the application and of Node are there', async () => {
    const { said } = await same(file, 'of what is thrown at once', { but: onTheWay });
    assert.match(String(said('thrown')[0]), /ERR_SOCKET_BAD_PORT/);
  });

  it("Error.stackTraceLimit is the application's: any number, no number, deleted, an accessor", async () => {
    const { said } = await same(file, 'a stack trace limit');
    assert.deepEqual(said('limit 0'), [[true, 1]]);
    assert.deepEqual(said('limit 1'), [[true, 2]]);
    assert.deepEqual(said('deleted'), [false]);
    assert.deepEqual(said('an accessor'), [[0, 'left alone']]);
  });

  it('Error.prepareStackTrace prepares nothing but errors of the application', async () => {
    const { said } = await same(file, 'prepareStackTrace');
    assert.deepEqual((said('prepared')[0] as unknown[])[0], ['mine']);
  });

  it("Error.captureStackTrace in an application's own version is not called, and may be broken", async () => {
    const { said, stderr } = await same(file, 'captureStackTrace');
    assert.deepEqual(said('captured'), [0]);
    assert.equal(stderr, '');
  });

  it('Error frozen by the application', async () => {
    const { said } = await same(file, 'a frozen Error');
    assert.match(String(said('refused')), /ECONNREFUSED/);
  });

  it('no stack is left: a RangeError, once, and the next call works', async () => {
    const { said, stderr } = await same(file, 'no stack left');
    assert.deepEqual(said('caught'), [['RangeError']]);
    assert.equal(stderr, '');
  });
});
