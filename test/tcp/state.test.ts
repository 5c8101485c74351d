import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { linuxStateMask, stateFromLinux, stateFromWord, tcpStateNames, tcpStates } from '../../src/tcp/state.ts';

/** RFC 9293, section 3.3.2, in the order in which it lists them. */
const rfc9293 = [
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
  'CLOSED',
];

/** include/net/tcp_states.h, and how `ss` prints each: iproute2, misc/ss.c, `sstate_name`. */
const linux: readonly (readonly [number, string])[] = [
  [1, 'ESTAB'],
  [2, 'SYN-SENT'],
  [3, 'SYN-RECV'],
  [4, 'FIN-WAIT-1'],
  [5, 'FIN-WAIT-2'],
  [6, 'TIME-WAIT'],
  [7, 'UNCONN'],
  [8, 'CLOSE-WAIT'],
  [9, 'LAST-ACK'],
  [10, 'LISTEN'],
  [11, 'CLOSING'],
];

describe('the table of states', () => {
  it('holds the eleven states of RFC 9293, each once', () => {
    assert.deepEqual(tcpStateNames.map((state) => tcpStates[state].rfc).toSorted(), rfc9293.toSorted());
  });

  it('is keyed by the RFC spelling in snake case, as network.connection.state has it', () => {
    for (const state of tcpStateNames) assert.equal(state, tcpStates[state].rfc.toLowerCase().replaceAll('-', '_'));
  });

  it('gives each number of the kernel, 1 to 13, to exactly one state', () => {
    const numbers = tcpStateNames.flatMap((state) => [...tcpStates[state].linux]);
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
    );
  });

  it('is in the order of the kernel’s numbers', () => {
    const first = tcpStateNames.map((state) => tcpStates[state].linux[0]);
    assert.deepEqual(first, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe('stateFromLinux', () => {
  for (const state of tcpStateNames)
    for (const number of tcpStates[state].linux)
      it(`${number} → ${state}`, () => assert.equal(stateFromLinux(number), state));

  it('a request socket (12, TCP_NEW_SYN_RECV) is in SYN-RECEIVED, a bound one (13) in CLOSED', () => {
    assert.equal(stateFromLinux(12), 'syn_received');
    assert.equal(stateFromLinux(13), 'closed');
  });

  it('any other number → undefined', () => {
    fc.assert(fc.property(fc.oneof(fc.integer({ min: 14 }), fc.integer({ max: 0 })), (n) => !stateFromLinux(n)));
  });
});

describe('stateFromWord', () => {
  for (const state of tcpStateNames)
    for (const word of [tcpStates[state].rfc, ...tcpStates[state].netstat, state])
      it(`${word} → ${state}`, () => assert.equal(stateFromWord(word), state));

  it('case, - and _ make no difference', () => {
    const spelled = fc.constantFrom(...tcpStateNames).chain((state) =>
      fc.array(fc.constantFrom('-', '_', ''), { minLength: 4, maxLength: 4 }).chain((marks) =>
        fc.boolean().map((upper) => {
          let used = 0;
          const word = tcpStates[state].rfc.replaceAll('-', () => marks[used++] ?? '');
          return { state, word: upper ? word : word.toLowerCase() };
        }),
      ),
    );
    fc.assert(fc.property(spelled, ({ state, word }) => stateFromWord(word) === state));
  });

  it('a word that no tool prints → undefined', () => {
    for (const word of ['', 'UNKNOWN', 'TIME', 'ESTABLISHED2', 'constructor', '1'])
      assert.equal(stateFromWord(word), undefined);
  });
});

describe('linuxStateMask', () => {
  it('close_wait → bit 8, what `ss state close-wait` asks for', () => {
    assert.equal(linuxStateMask(['close_wait']), 1 << 8);
  });

  it('syn_received → the bits of both its numbers', () => {
    assert.equal(linuxStateMask(['syn_received']), (1 << 3) | (1 << 12));
  });

  it('no state → an empty mask; the same state twice → once', () => {
    assert.equal(linuxStateMask([]), 0);
    assert.equal(linuxStateMask(['listen', 'listen']), 1 << 10);
  });

  it('every state → all bits from 1 to 12, never bit 13', () => {
    assert.equal(linuxStateMask(tcpStateNames), 0x1ffe);
  });

  it('any states → at most 0x1fff, and the bits of exactly these', () => {
    fc.assert(
      fc.property(fc.subarray([...tcpStateNames]), (states) => {
        const mask = linuxStateMask(states);
        assert.ok(mask >= 0 && mask <= 0x1fff);
        for (const [number] of linux) {
          const state = stateFromLinux(number);
          assert.equal((mask & (1 << number)) !== 0, state !== undefined && states.includes(state));
        }
      }),
    );
  });
});

it('`ss` prints every state but two in a spelling of the table', () => {
  const abbreviated = new Set(['ESTAB', 'UNCONN']);
  for (const [number, word] of linux)
    if (!abbreviated.has(word)) assert.equal(stateFromWord(word), stateFromLinux(number), word);
});
