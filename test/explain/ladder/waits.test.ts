import { describe, it } from 'node:test';
import { draws } from './lives.ts';

describe('who is waited for', () => {
  it('leak in CLOSE_WAIT: this process has not ended its side', () => {
    draws(
      'leak in CLOSE_WAIT',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 38000 B ───────────┤
                         ┊                4.18 s                ┊
    4.2 s     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                 34 s                 ┊
   38.2 s     CLOSE_WAIT ○················ FIN ················▶│ (FIN_WAIT_2)
                         │ your process has not said goodbye    │
                         │ (FIN), nor read 38000 B              │
                         │ 34 s and counting                    │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('leak on a server: nor has it as a server', () => {
    draws(
      'leak on a server',
      `
               this process · server                      peer · client
                  10.0.0.1:40001                           10.0.0.2:80
                (LISTEN) │                                      │ (CLOSED)
      0 s (SYN_RECEIVED) │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (SYN_SENT)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                         │◀─────────── data · 120 B ────────────┤
                         ├─────────── data · 900 B ────────────▶│
                         ┊                4.16 s                ┊
   4.18 s     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                 34 s                 ┊
   38.2 s     CLOSE_WAIT ○················ FIN ················▶│ (FIN_WAIT_2)
                         │ your process has not said goodbye    │
                         │ (FIN)                                │
                         │ 34 s and counting                    │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('another process holds it: closed here, and open all the same', () => {
    draws(
      'another process holds it',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                         ┊    what came before is not known     ┊
           (ESTABLISHED) │                                      │ (ESTABLISHED)
      0 s                ● your process closed the descriptor   │
                         ┊                 5 s                  ┊
      5 s     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                 35 s                 ┊
     40 s     CLOSE_WAIT ○················ FIN ················▶│ (FIN_WAIT_2)
                         │ closed here, but another process     │
                         │ holds it: no goodbye (FIN) goes out  │
                         │ 40 s and counting                    │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('unread data: this process has not read', () => {
    draws(
      'unread data',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 70000 B ───────────┤
                         ┊                 70 s                 ┊
     70 s    ESTABLISHED ○ your process has not read 65536 B    │ (ESTABLISHED)
                         │ 65 s and counting                    │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('stall in FIN_WAIT_2: the peer has not ended its side', () => {
    draws(
      'stall in FIN_WAIT_2',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s   (FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSE_WAIT)
   +20 ms     FIN_WAIT_2 │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                         ┊                 34 s                 ┊
     44 s     FIN_WAIT_2 │◀················ FIN ················○ (CLOSE_WAIT)
                         │  the peer has not said goodbye (FIN) │
                         │                    34 s and counting │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('orphan in FIN_WAIT_2: nor has it towards a descriptor that is closed', () => {
    draws(
      'orphan in FIN_WAIT_2',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                         ┊    what came before is not known     ┊
           (ESTABLISHED) │                                      │ (ESTABLISHED)
      0 s   (FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSE_WAIT)
     +0 s     FIN_WAIT_2 │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                         ┊                 10 s                 ┊
     10 s     FIN_WAIT_2 │◀················ FIN ················○ (CLOSE_WAIT)
                         │  the peer has not said goodbye (FIN) │
                         │                    10 s and counting │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('FIN not acknowledged: the FIN is sent again and again', () => {
    draws(
      'FIN not acknowledged',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s     FIN_WAIT_1 ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ?   │
                         ├───────── FIN again × 6 ───────── ?   │
                         ┊                 25 s                 ┊
     35 s     FIN_WAIT_1 │◀················ ACK ················○
                         │        the peer has not answered our │
                         │                        goodbye (ACK) │
                         │                    25 s and counting │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('CLOSING, waiting: the ACK that ends CLOSING', () => {
    draws(
      'CLOSING, waiting',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s     FIN_WAIT_1 ├──────── FIN (crossing) ───────── ?   │ (FIN_WAIT_1)
   +10 ms        CLOSING │◀────────── FIN (crossing) ───────────┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│
                         ┊                3.99 s                ┊
     14 s        CLOSING │◀················ ACK ················○
                         │        the peer has not answered our │
                         │                        goodbye (ACK) │
                         │                  3.99 s and counting │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('LAST_ACK, waiting: the last ACK', () => {
    draws(
      'LAST_ACK, waiting',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s     CLOSE_WAIT │◀──────────────── FIN ────────────────┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
  +500 ms       LAST_ACK ├────────────── FIN ────────────── ?   │
                         ┊                3.5 s                 ┊
     14 s       LAST_ACK │◀················ ACK ················○
                         │        the peer has not answered our │
                         │                        goodbye (ACK) │
                         │                   3.5 s and counting │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('peer gone: bytes are sent again and again', () => {
    draws(
      'peer gone',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 400 B ────────────▶│
                         ├──────── data again × 5 ───────── ?   │
                         │◀──────────── data · 90 B ────────────┤
                         ┊                 70 s                 ┊
     70 s    ESTABLISHED │◀················ ACK ················○ (ESTABLISHED)
                         │  the peer has not acknowledged 200 B │
                         │                     5 s and counting │

  ╌ and ( ): not seen, it follows from what was seen. ?: nothing shows that it
  came.
`,
    );
  });

  it('window shut: the peer does not read', () => {
    draws(
      'window shut',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├────────── data · 200000 B ──────────▶│
                         ┊                 70 s                 ┊
     70 s    ESTABLISHED │◀················ ACK ················○ (ESTABLISHED)
                         │ 90000 B wait: the window of the peer │
                         │                              is shut │
                         │                     5 s and counting │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('FIN behind bytes: end() was called, and bytes are before the FIN: no FIN is drawn, and it is the peer’s turn', () => {
    draws(
      'FIN behind bytes',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 100 B ────────────▶│
                         │◀──────────── data · 40 B ────────────┤
                         ┊                4.98 s                ┊
      5 s     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                 10 s                 ┊
     15 s     CLOSE_WAIT │◀················ ACK ················○ (FIN_WAIT_2)
                         │  5000 B wait: the window of the peer │
                         │                              is shut │
                         │                    10 s and counting │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('idle: an idle connection waits for nobody', () => {
    draws(
      'idle',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 38000 B ───────────┤
                         ┊               14.8 min               ┊
 14.8 min    ESTABLISHED │                                      │ (ESTABLISHED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('adopted: what was before is not known, and not drawn', () => {
    draws(
      'adopted',
      `
                   this process                               peer
                  10.0.0.1:40001                           10.0.0.2:80
                         ┊    what came before is not known     ┊
           (ESTABLISHED) │                                      │ (ESTABLISHED)
      2 s     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                 38 s                 ┊
     40 s     CLOSE_WAIT ○················ FIN ················▶│ (FIN_WAIT_2)
                         │ your process has not said goodbye    │
                         │ (FIN)                                │
                         │ 38 s and counting                    │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });
});
