import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectStatus } from '../../../src/sources/net/node-socket.ts';

describe('what connect(2) came to', () => {
  it("is in the error that Node destroys the socket with; in anybody else's, only a number that can be one", () => {
    const of = (errno: unknown) => connectStatus({ syscall: 'connect', errno });
    assert.equal(of(-111), -111);
    for (const errno of [0, 111, -1.5, Number.NEGATIVE_INFINITY, Number.NaN, -(2 ** 60), '-111', undefined])
      assert.equal(of(errno), undefined);
    assert.equal(connectStatus({ syscall: 'write', errno: -32 }), undefined);
  });
});
