import { describe, it } from 'node:test';
import { draws } from './lives.ts';

describe('how a connection ends (RFC 9293, section 3.6, figures 12 and 13)', () => {
  it('active close: FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT here; CLOSE_WAIT, LAST_ACK, CLOSED there', () => {
    draws(
      'active close',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 38000 B ───────────┤
                         ┊                9.98 s                ┊
     10 s     FIN_WAIT_1 ├──────────────── FIN ────────────────▶│ (CLOSE_WAIT)
   +20 ms     FIN_WAIT_2 │◀──────────────── ACK ────────────────┤
  +980 ms      TIME_WAIT │◀──────────────── FIN ────────────────┤ (LAST_ACK)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSED)
                         ┊                 12 s                 ┊
     23 s      TIME_WAIT ○ 2MSL: 12 s of 60 s are over          │ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('active close of a server: the same where the kernel was asked now and then', () => {
    draws(
      'active close of a server',
      `
               this process · server                      peer · client
                  10.0.0.1:40001                           10.0.0.2:80
                (LISTEN) │                                      │ (CLOSED)
      0 s (SYN_RECEIVED) │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (SYN_SENT)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                         ┊                9.96 s                ┊
   9.98 s   (FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSE_WAIT)
   +20 ms     FIN_WAIT_2 │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                         ┊                1.98 s                ┊
     12 s    (TIME_WAIT) │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (LAST_ACK)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('passive close: CLOSE_WAIT, LAST_ACK, CLOSED here; FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT there', () => {
    draws(
      'passive close',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 38000 B ───────────┤
                         ┊                9.98 s                ┊
     10 s     CLOSE_WAIT │◀──────────────── FIN ────────────────┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
  +500 ms       LAST_ACK ├──────────────── FIN ────────────────▶│ (TIME_WAIT)
   +20 ms         CLOSED │◀──────────────── ACK ────────────────┤

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('simultaneous close: two FINs cross: CLOSING on both sides', () => {
    draws(
      'simultaneous close',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s     FIN_WAIT_1 ├────────── FIN (crossing) ───────────▶│ (FIN_WAIT_1)
   +10 ms        CLOSING │◀────────── FIN (crossing) ───────────┤ (CLOSING)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (TIME_WAIT)
   +10 ms      TIME_WAIT │◀──────────────── ACK ────────────────┤
                         ┊                 13 s                 ┊
     23 s      TIME_WAIT ○ 2MSL: 13 s of 60 s are over          │ (TIME_WAIT)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('half-close: ours is finished, and the peer may go on: its turn', () => {
    draws(
      'half-close',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 38000 B ───────────┤
  +980 ms   (FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSE_WAIT)
   +20 ms     FIN_WAIT_2 │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                         ┊                3.98 s                ┊
      5 s     FIN_WAIT_2 │◀················ FIN ················○ (CLOSE_WAIT)
                         │  the peer has not said goodbye (FIN) │
                         │                  3.98 s and counting │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('TIME_WAIT seen: a row shows it after the descriptor was closed; what was not kept is not drawn', () => {
    draws(
      'TIME_WAIT seen',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                         ┊    what came before is not known     ┊
           (ESTABLISHED) │                                      │ (ESTABLISHED)
      0 s   (FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSE_WAIT)
                         ┊                1.5 s                 ┊
    1.5 s      TIME_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (LAST_ACK)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSED)
                         ┊                11.5 s                ┊
     13 s      TIME_WAIT ○ 2MSL: 11.5 s of 60 s are over        │ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('TIME_WAIT over: 2MSL later: CLOSED', () => {
    draws(
      'TIME_WAIT over',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s     FIN_WAIT_1 ├──────────────── FIN ────────────────▶│ (CLOSE_WAIT)
   +20 ms     FIN_WAIT_2 │◀──────────────── ACK ────────────────┤
  +980 ms      TIME_WAIT │◀──────────────── FIN ────────────────┤ (LAST_ACK)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSED)
                         ┊                 60 s                 ┊
     71 s         CLOSED ● 2MSL are over                        │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('both FINs, seen at the close: CLOSE, as TCP_INFO says: TIME_WAIT follows from who was first', () => {
    draws(
      'both FINs, seen at the close',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         │◀──────────── data · 40 B ────────────┤
                         ┊                9.98 s                ┊
     10 s   (FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSE_WAIT)
   +50 ms    (TIME_WAIT) │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (LAST_ACK)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('descriptor closed: nobody has looked since: nothing is claimed of the FIN', () => {
    draws(
      'descriptor closed',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 38000 B ───────────┤
                         ┊                9.98 s                ┊
     10 s   (FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ?   │
                         ┊     what came after is not known     ┊

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('kernel not asked: who was first cannot be told: neither FIN_WAIT_1 nor LAST_ACK', () => {
    draws(
      'kernel not asked',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ├──────────── data · 7 B ─────────────▶│
                         │◀──────────── data · 40 B ────────────┤
                         ┊                9.98 s                ┊
     10 s              ? ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ?   │
   +50 ms                ● your process closed the descriptor   │
                         ┊     what came after is not known     ┊

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });
});
