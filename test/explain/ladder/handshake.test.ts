import { describe, it } from 'node:test';
import { draws } from './lives.ts';

describe('how a connection opens (RFC 9293, section 3.5, figures 6 and 7)', () => {
  it('handshake: SYN, SYN+ACK, ACK; then it waits for nobody', () => {
    draws(
      'handshake',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ┊                1.98 s                ┊
      2 s    ESTABLISHED │                                      │ (ESTABLISHED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('handshake of a server: the peer opens: the same from the other side, and LISTEN before it', () => {
    draws(
      'handshake of a server',
      `
               this process · server                      peer · client
                  10.0.0.1:40001                           10.0.0.2:80
                (LISTEN) │                                      │ (CLOSED)
      0 s (SYN_RECEIVED) │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (SYN_SENT)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                         ┊                1.96 s                ┊
   1.98 s    ESTABLISHED │                                      │ (ESTABLISHED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('simultaneous open: both sides open: two SYNs cross, two SYN+ACKs', () => {
    draws(
      'simultaneous open',
      `
               this process · client                      peer · client
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (CLOSED)
      0 s       SYN_SENT ├────────── SYN (crossing) ───────────▶│ (SYN_SENT)
   +10 ms   SYN_RECEIVED │◀────────── SYN (crossing) ───────────┤ (SYN_RECEIVED)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
   +10 ms    ESTABLISHED │◀────────────── SYN+ACK ──────────────┤
                         ┊                1.98 s                ┊
      2 s    ESTABLISHED │                                      │ (ESTABLISHED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('SYN retransmitted: which SYN came is not known, but that one did', () => {
    draws(
      'SYN retransmitted',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├────────────── SYN ────────────── ?   │
                         ├─────────── SYN again × 2 ───────────▶│ (SYN_RECEIVED)
                         ┊                3.05 s                ┊
   3.05 s    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
      4 s    ESTABLISHED │                                      │ (ESTABLISHED)

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('handshake stall: a SYN that nobody answers: of the peer nothing is claimed', () => {
    draws(
      'handshake stall',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │
      0 s       SYN_SENT ├────────────── SYN ────────────── ?   │
                         ├───────── SYN again × 3 ───────── ?   │
                         ┊                 15 s                 ┊
     15 s       SYN_SENT │◀·············· SYN+ACK ··············○
                         │  the peer has not answered (SYN+ACK) │
                         │                    15 s and counting │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('SYN_RECEIVED: the peer owes the ACK', () => {
    draws(
      'SYN_RECEIVED',
      `
               this process · server                      peer · client
                  10.0.0.1:40001                           10.0.0.2:80
                (LISTEN) │                                      │ (CLOSED)
      0 s   SYN_RECEIVED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (SYN_SENT)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌ ?   │
                         ┊                 3 s                  ┊
      3 s   SYN_RECEIVED │◀················ ACK ················○ (SYN_SENT)
                         │ the peer has not said the third word │
                         │                                (ACK) │
                         │                     3 s and counting │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('refused: RST to the SYN: nobody listened', () => {
    draws(
      'refused',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (CLOSED)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│
    +1 ms         CLOSED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ RST ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('timed out: the kernel gave up', () => {
    draws(
      'timed out',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │
      0 s       SYN_SENT ├────────────── SYN ────────────── ?   │
                         ├───────── SYN again × 6 ───────── ?   │
                         ┊               2.23 min               ┊
 2.23 min         CLOSED ● no answer: the kernel gave up        │
                         │ (ETIMEDOUT)                          │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('given up: this process gave up: no segment says so', () => {
    draws(
      'given up',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │
      0 s       SYN_SENT ├────────────── SYN ────────────── ?   │
                         ┊                 5 s                  ┊
      5 s       (CLOSED) ● your process gave up (ECONNABORTED)  │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('not accepted: waits in the queue of a listener: our turn', () => {
    draws(
      'not accepted',
      `
               this process · server                      peer · client
                  10.0.0.1:40001                           10.0.0.2:80
                         ┊    what came before is not known     ┊
             ESTABLISHED │                                      │ (ESTABLISHED)
                         ┊                 30 s                 ┊
     30 s    ESTABLISHED ○ your process has not accepted it     │ (ESTABLISHED)
                         │ 30 s and counting                    │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });
});
