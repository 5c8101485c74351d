// The acts of the demo: what is told, which traffic is made, and which finding it ends with.

/** What synfin is set to here. The defaults are calmer: nobody wants to wait for a minute in a demo. */
export const settings = {
  SYNFIN_INTERVAL_MS: '500',
  SYNFIN_CPU_BUDGET: '0.2',
  SYNFIN_CLOSE_WAIT_MS: '2000',
  SYNFIN_UNREAD_MS: '2000',
  SYNFIN_TIME_WAIT_SHARE: '0.002',
};

export const patience =
  'shortened for the demo: synfin looks every 0.5 s (by default every 5 s), calls it a leak after 2 s ' +
  '(by default after 30 s in CLOSE_WAIT, 60 s with unread bytes), and too many in TIME_WAIT when they keep one port in ' +
  '500 towards the same place (by default half of them)';

export const acts = [
  {
    title: 'Healthy requests',
    text: [
      'Four requests over one keep-alive connection; two of them make the service fetch a document and read it to its',
      'end. The connection to the upstream is used twice, until the upstream hangs up after a second of silence.',
    ],
    traffic: { kind: 'healthy' },
    pauseMs: 1300,
  },
  {
    title: 'A client without keep-alive',
    text: [
      'Two requests that the service passes on through an http.Agent without keep-alive: each one pays for a handshake',
      'and a teardown of its own. Legal, only wasteful, so nothing is reported.',
    ],
    traffic: { kind: 'legacy' },
    pauseMs: 400,
  },
  {
    title: 'A forgotten fetch body, 150 kB',
    text: [
      'GET /check fetches a document, looks at response.ok and never reads the body. Three times: three handshakes',
      'towards the upstream (role client), and no teardown. The bytes fit into the buffers, so the goodbye (FIN) of the',
      'upstream gets in behind them: CLOSE_WAIT.',
    ],
    traffic: { kind: 'check', size: 150_000, times: 3 },
    ends: { kind: 'close_wait_leak', cause: 'fetch_body_not_consumed' },
  },
  {
    title: 'The same mistake, 400 kB',
    text: [
      'The same line of code, a larger document: now the receive buffer is full before the FIN can get in. The',
      'connections stay ESTABLISHED and look healthy to everybody who counts CLOSE_WAIT.',
    ],
    traffic: { kind: 'check', size: 400_000, times: 2 },
    ends: { kind: 'unread_data', cause: 'fetch_body_not_consumed' },
  },
  {
    title: 'An upgrade handler that never ends its socket',
    text: [
      "Three clients upgrade as a WebSocket does, and say goodbye after a second. The service's handler reads what",
      'comes, but never calls socket.end().',
    ],
    traffic: { kind: 'upgrade', times: 3 },
    ends: { kind: 'close_wait_leak', cause: 'upgrade_forgotten' },
  },
  {
    title: 'A pool that throws connections away',
    text: [
      'GET /dashboard fetches thirty documents at once, through an http.Agent that keeps connections alive, but only one',
      'of them when they come back. The others are closed, and the side that says goodbye first keeps the port for a',
      'minute: TIME_WAIT. Legal again; with more traffic the ports run out.',
    ],
    traffic: { kind: 'dashboard', times: 7 },
    spansShown: 6,
    ends: { kind: 'time_wait_buildup', cause: 'small_pool' },
  },
].map((act) => ({ ...act, text: act.text.join(' ') }));
