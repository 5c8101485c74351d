import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type TcpState, tcpStateNames } from '../../src/tcp/state.ts';
import { edges, isReachable, isTransition, shortestPath } from '../../src/tcp/transition.ts';

/** RFC 9293, figure 5, arrow by arrow, and the notes below it. */
const figure5: readonly (readonly [TcpState, TcpState, string])[] = [
  ['closed', 'listen', 'passive OPEN'],
  ['closed', 'syn_sent', 'active OPEN'],
  ['listen', 'closed', 'CLOSE'],
  ['listen', 'syn_received', 'rcv SYN'],
  ['listen', 'syn_sent', 'SEND'],
  ['syn_sent', 'closed', 'CLOSE'],
  ['syn_sent', 'syn_received', 'rcv SYN'],
  ['syn_sent', 'established', 'rcv SYN,ACK'],
  ['syn_received', 'established', 'rcv ACK of SYN'],
  ['syn_received', 'fin_wait_1', 'CLOSE'],
  ['syn_received', 'listen', 'note 1: rcv RST after a passive OPEN'],
  ['established', 'fin_wait_1', 'CLOSE'],
  ['established', 'close_wait', 'rcv FIN'],
  ['fin_wait_1', 'fin_wait_2', 'rcv ACK of FIN'],
  ['fin_wait_1', 'closing', 'rcv FIN'],
  ['fin_wait_1', 'time_wait', 'note 2: rcv FIN that acknowledges our FIN'],
  ['fin_wait_2', 'time_wait', 'rcv FIN'],
  ['closing', 'time_wait', 'rcv ACK of FIN'],
  ['close_wait', 'last_ack', 'CLOSE'],
  ['last_ack', 'closed', 'rcv ACK of FIN'],
  ['time_wait', 'closed', 'Timeout=2MSL'],
];

describe('the edges', () => {
  for (const [from, to, on] of figure5)
    it(`${from} + ${on} → ${to} (RFC 9293, figure 5)`, () => {
      assert.ok(edges.some((edge) => edge.from === from && edge.to === to && edge.by === 'rfc9293'));
      assert.ok(isTransition(from, to));
    });

  it('a RST closes from every synchronised state (RFC 9293, section 3.10.7.4)', () => {
    const synchronised = ['established', 'fin_wait_1', 'fin_wait_2', 'close_wait', 'closing', 'last_ack', 'time_wait'];
    for (const from of synchronised)
      assert.ok(
        edges.some((edge) => edge.from === from && edge.to === 'closed' && edge.on === 'rcv_rst'),
        from,
      );
  });

  it('none is there twice, and none stays where it is', () => {
    const names = edges.map(({ from, to, on }) => `${from} ${to} ${on}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(edges.every(({ from, to }) => from !== to));
  });

  it('beyond figure 5 every edge but one leads to CLOSED', () => {
    const drawn = new Set(figure5.map(([from, to]) => `${from} ${to}`));
    const others = edges.filter(({ from, to }) => to !== 'closed' && !drawn.has(`${from} ${to}`));
    // RFC 9293, section 3.10.7.4, eighth: a FIN in SYN-RECEIVED enters CLOSE-WAIT.
    assert.deepEqual(others, [{ from: 'syn_received', to: 'close_wait', on: 'rcv_fin', by: 'rfc9293' }]);
  });

  it('what no single stimulus does is no transition', () => {
    assert.ok(!isTransition('established', 'last_ack'));
    assert.ok(!isTransition('established', 'time_wait'));
    assert.ok(!isTransition('close_wait', 'fin_wait_1'));
    assert.ok(!isTransition('established', 'established'));
    assert.ok(!isTransition('closed', 'established'));
  });
});

describe('what a poll slept through', () => {
  const paths: readonly (readonly [TcpState, TcpState, readonly TcpState[]])[] = [
    ['established', 'last_ack', ['close_wait', 'last_ack']],
    ['established', 'fin_wait_2', ['fin_wait_1', 'fin_wait_2']],
    ['established', 'closing', ['fin_wait_1', 'closing']],
    ['established', 'time_wait', ['fin_wait_1', 'time_wait']],
    ['syn_sent', 'close_wait', ['established', 'close_wait']],
    ['closed', 'established', ['syn_sent', 'established']],
    ['listen', 'established', ['syn_received', 'established']],
    ['established', 'closed', ['closed']],
    ['close_wait', 'close_wait', []],
  ];
  for (const [from, to, path] of paths)
    it(`${from} … ${to}: ${path.join(' → ') || 'nothing'}`, () => {
      assert.deepEqual(shortestPath(from, to), path);
    });

  const impossible: readonly (readonly [TcpState, TcpState])[] = [
    ['time_wait', 'established'],
    ['time_wait', 'fin_wait_2'],
    ['close_wait', 'fin_wait_1'],
    ['close_wait', 'time_wait'],
    ['fin_wait_1', 'close_wait'],
    ['fin_wait_2', 'established'],
    ['last_ack', 'close_wait'],
    ['established', 'syn_sent'],
    ['established', 'listen'],
  ];
  for (const [from, to] of impossible)
    it(`${from} … ${to}: in no life of one connection`, () => {
      assert.equal(shortestPath(from, to), undefined);
      assert.ok(!isReachable(from, to));
    });

  it('CLOSED ends a life: no way leads through it', () => {
    for (const from of tcpStateNames)
      for (const to of tcpStateNames) {
        const path = shortestPath(from, to) ?? [];
        assert.ok(!path.slice(0, -1).includes('closed'), `${from} … ${to}: ${path.join(' → ')}`);
      }
    assert.ok(isReachable('established', 'closed'));
    assert.ok(!isReachable('last_ack', 'syn_sent'));
  });

  it('every state of a connection can come to its end', () => {
    for (const from of tcpStateNames) assert.ok(isReachable(from, 'closed'), from);
  });

  it('every path is made of edges, never passes a state twice, and is no longer than any other', () => {
    const state = fc.constantFrom(...tcpStateNames);
    fc.assert(
      fc.property(state, state, state, (from, through, to) => {
        const path = shortestPath(from, to);
        if (path === undefined) return;
        [from, ...path].reduce((a, b) => {
          assert.ok(isTransition(a, b), `${a} → ${b}`);
          return b;
        });
        assert.equal(new Set(path).size, path.length);
        const [first, second] = [shortestPath(from, through), shortestPath(through, to)];
        if (first && second && through !== 'closed') assert.ok(path.length <= first.length + second.length);
      }),
    );
  });
});
