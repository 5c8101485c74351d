import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leakCauses } from '../../src/detectors/kinds.ts';
import { isTreatable } from '../../src/remedy/treatable.ts';
import { closedAtOneLook, type Leaking, leftAlone, waitingForTheirMinute } from '../../src/remedy/words.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';

function leaking(n: number, fields: Partial<Leaking> = {}): Leaking {
  return {
    connectionId: `c${n}`,
    findingId: 'close_wait_leak-7-1',
    kind: 'close_wait_leak',
    cause: 'paused',
    age: 34.26,
    view: { peer: endpoint('10.0.0.2', 5432), callSite: ['query (/app/pool.js:7:3)'] },
    ...fields,
  };
}

describe('what is said of a leak that was closed', () => {
  it('which connection, to whom, why, how old, from which line', () => {
    const [deed] = closedAtOneLook([leaking(1)]);
    assert.equal(
      deed?.words,
      'closed leaked connection c1 to 10.0.0.2:5432: close_wait_leak, paused, for 34.3 s, ' +
        'from query (/app/pool.js:7:3) (finding close_wait_leak-7-1)',
    );
    assert.deepEqual(deed?.facts, {
      remedy: 'destroyed',
      finding_id: 'close_wait_leak-7-1',
      connection_id: 'c1',
      peer: '10.0.0.2:5432',
      kind: 'close_wait_leak',
      cause: 'paused',
      age_s: 34.3,
      call_site: ['query (/app/pool.js:7:3)'],
    });
  });

  it('no line and no peer known → none is named', () => {
    const [deed] = closedAtOneLook([leaking(1, { view: { peer: undefined, callSite: [] } })]);
    assert.equal(
      deed?.words,
      'closed leaked connection c1: close_wait_leak, paused, for 34.3 s (finding close_wait_leak-7-1)',
    );
    assert.equal(deed?.facts.peer, null);
  });

  it('ten at one look → ten lines; more → one more line, with how many of each cause', () => {
    const many = Array.from({ length: 60 }, (_, n) => leaking(n, n % 2 === 0 ? {} : { cause: 'no_consumer' }));
    assert.equal(closedAtOneLook(many.slice(0, 10)).length, 10);
    const deeds = closedAtOneLook(many);
    assert.equal(deeds.length, 11);
    assert.equal(
      deeds[10]?.words,
      'and 50 more leaked connections were closed: close_wait_leak paused 25, close_wait_leak no_consumer 25',
    );
    assert.equal(deeds[10]?.facts.count, 50);
  });

  it('none → not a word', () => assert.deepEqual(closedAtOneLook([]), []));

  it('more than a minute may have → how many wait', () => {
    assert.match(waitingForTheirMinute(140).words, /^140 leaked connections wait .* 60 are in a minute$/);
  });

  it('one that was left alone → why', () => {
    assert.match(leftAlone(leaking(1), 'stream_awaited').words, /^left leaked connection c1 open .*pipeline\(\)/);
  });
});

describe('the causes that may be treated', () => {
  it('are those whose socket is in this thread, and whose end nobody takes for an error', () => {
    assert.deepEqual(
      leakCauses.filter((cause) => !isTreatable(cause)),
      [
        'iterator_stalled',
        'ended_write_stuck',
        'not_accepted',
        'fd_in_other_process',
        'handle_without_js_socket',
        'unknown',
      ],
    );
  });

  it('no other word is one', () => {
    for (const word of ['', 'peer_not_reading', 'toString', 'constructor'])
      assert.equal(isTreatable(word), false, word);
  });
});
