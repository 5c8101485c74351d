import { describe, it } from 'node:test';
import { draws } from './lives.ts';

describe('how a connection breaks off', () => {
  it('RST sent: resetAndDestroy(): CLOSED on both sides', () => {
    draws(
      'RST sent',
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
     10 s       (CLOSED) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ RST ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('RST received: from the peer', () => {
    draws(
      'RST received',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s         CLOSED │◀──────────────── RST ────────────────┤ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('RST over unread bytes: closed over unread bytes, after the peer’s FIN', () => {
    draws(
      'RST over unread bytes',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         │◀──────────── data · 41 B ────────────┤
                         ┊                8.98 s                ┊
      9 s     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                 1 s                  ┊
     10 s       (CLOSED) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ RST ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('RST after half-close: the peer breaks off what we had finished', () => {
    draws(
      'RST after half-close',
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
                         ┊                4.98 s                ┊
     15 s         CLOSED │◀──────────────── RST ────────────────┤ (CLOSED)

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('given up by the kernel: ETIMEDOUT: no segment ends it', () => {
    draws(
      'given up by the kernel',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ┊               15.3 min               ┊
 15.3 min         CLOSED ● no answer: the kernel gave up        │
                         │ (ETIMEDOUT)                          │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('ended from outside: ECONNABORTED', () => {
    draws(
      'ended from outside',
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
      0 s       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
   +20 ms    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
     +0 s                ├──────────────── ACK ────────────────▶│ (ESTABLISHED)
                         ┊                9.98 s                ┊
     10 s         CLOSED ● ended from outside (ECONNABORTED)    │

  ╌ and ( ): not seen, it follows from what was seen.
`,
    );
  });
});
