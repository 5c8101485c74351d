import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, ending, seconds, tcpInfo } from './observations.ts';
import { steps, watch } from './watch.ts';

function establishedAt(at: number) {
  const it = watch();
  it.tell(connecting(1, at - 0.01), connected(1, at));
  return it;
}

describe('what a program destroys its socket with says nothing against the kernel', () => {
  for (const error of ['ETIMEDOUT', 'ECONNRESET', 'ECONNABORTED', 'EPIPE'])
    it(`established + destroy(${error}) → our FIN, and the error kept`, () => {
      const { tell, connection } = establishedAt(10);
      tell(closed(1, 20, { error, info: tcpInfo('established') }));
      assert.deepEqual([connection().closeType, connection().initiator, connection().error], ['fin', 'local', error]);
      assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20 inferred']);
    });

  it('a library’s own error is none of the connection', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { error: 'UND_ERR_SOCKET', info: tcpInfo('established') }));
    assert.equal(viewOf(connection(), seconds(21)).error, undefined);
  });

  it('where the kernel cannot be asked, the error must do', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { error: 'ECONNRESET' }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
  });
});

describe('in CLOSE at the end', () => {
  it('the peer’s FIN counted, ours never sent → it finished, and then reset', () => {
    const { tell, connection } = establishedAt(10);
    const info = tcpInfo('closed', { bytesReceived: 41 });
    tell(closed(1, 20, { info, bytesRead: 40, unread: 0 }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
  });

  it('bytes that nobody read are no FIN', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 19, tcpInfo('established')));
    tell(closed(1, 20, { info: tcpInfo('closed', { bytesReceived: 41 }), bytesRead: 40, unread: 1 }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'local']);
  });
});
