// The conductor of `npm run demo`: starts an upstream, a service under synfin and its clients, each in a process of its
// own, prints what comes, and sums it up. With --stay the service goes on running until Ctrl-C.
//
//   demo.mjs ──▶ upstream.mjs                          (what the service calls)
//            ──▶ service.mjs  + telemetry.mjs + synfin (what is watched)
//            ──▶ traffic.mjs                           (who calls the service)

import { setTimeout as sleep } from 'node:timers/promises';
import { Children } from './children.mjs';
import { asItCame, heading, inColour, rows, say, spanHeader, spanLine, spansLeftOut, warn } from './screen.mjs';
import { acts, patience, settings } from './story.mjs';
import { summary } from './summary.mjs';

/** An act waits so long for its finding, and all of them together so long. */
const actMs = 8000;
const storyMs = 45_000;
/** Between two acts: what was said at the end of one is still on its way. */
const breathMs = 400;

const stay = process.argv.includes('--stay');
const begun = Date.now();
const spans = [];
const findings = new Map();
const expected = acts.flatMap(({ ends }) => ends ?? []);
const stopping = new AbortController();
const whenStopped = new Promise((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
const isStopped = () => stopping.signal.aborted;
let sources = [];
let trafficIsBusy = false;
/** Spans that this act may still print, and those that it did not. */
let room = Infinity;
let leftOut = 0;

/** The messages of telemetry.mjs, inside the service. */
function fromService(message) {
  if (message.kind === 'span') {
    spans.push(message);
    if (room-- > 0) spanLine(message, begun);
    else leftOut++;
  }
  if (message.kind === 'finding') findings.set(message.finding.id, message.finding);
  if (message.kind === 'sources') sources = message.sources;
}

/** Whole lines only, so that a span does not come between two halves of one. */
function lines(show) {
  let rest = '';
  return (chunk) => {
    const end = (rest + chunk).lastIndexOf('\n') + 1;
    if (end > 0) show((rest + chunk).slice(0, end));
    rest = (rest + chunk).slice(end);
  };
}

function fromTraffic({ kind, error }) {
  if (error) warn(`The traffic failed: ${error}.`);
  if (kind === 'done') trafficIsBusy = false;
}

function found({ kind, cause }) {
  return [...findings.values()].some((finding) => finding.kind === kind && finding.cause === cause);
}

/** Why the kernel cannot be asked here; undefined when it can. Without it there are spans, but no findings. */
function refusedKernel() {
  const kernel = sources.filter(({ name }) => name !== 'net');
  return kernel.every(({ state }) => state === 'refused') ? kernel[0] : undefined;
}

const children = new Children((name, how) => {
  warn(`${name} ended by itself (${how}).`);
  process.exitCode = 1;
  stopping.abort();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());
// `npm run demo | head`: nobody listens any more.
process.stdout.on('error', () => stopping.abort());

async function setUp() {
  const onText = lines(asItCame);
  const upstream = await children.start('upstream.mjs', { onText });
  const service = await children.start('service.mjs', {
    nodeOptions: ['--import', 'synfin/register', '--import', './telemetry.mjs'],
    environment: { ...settings, UPSTREAM: url(upstream), ...(inColour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
    onMessage: fromService,
    onText,
  });
  const environment = { SERVICE: url(service) };
  const traffic = await children.start('traffic.mjs', { environment, onMessage: fromTraffic, onText });
  return { upstream, service, traffic };
}

function url({ port }) {
  return `http://127.0.0.1:${port}`;
}

function introduce({ upstream, service, traffic }) {
  heading('synfin, from SYN to FIN: a demo');
  say('A real Express service, watched by synfin. Everything runs on this machine, without privileges.');
  rows([
    ['service', `${url(service)}, pid ${service.pid}`],
    ['', 'node --import synfin/register --import ./telemetry.mjs service.mjs'],
    ['upstream', `${url(upstream)}, pid ${upstream.pid}: what the service calls`],
    ['traffic', `pid ${traffic.pid}: who calls the service`],
    ['patience', patience],
    ['handshake', 'the span tcp.handshake: from the SYN to ESTABLISHED'],
    ['teardown', 'the span tcp.teardown: from the first goodbye (FIN or RST) to the close of the descriptor'],
    ['fin by', 'who said goodbye first: local is the service, remote is its peer'],
    ['source', 'where the times come from: sock_diag is the kernel itself, userland is Node.js alone'],
  ]);
}

async function play({ title, text, traffic: order, pauseMs, ends, spansShown }, number, { service, traffic }) {
  heading(`${number + 1} of ${acts.length} · ${title}`);
  [room, leftOut] = [spansShown ?? Infinity, 0];
  say(text);
  spanHeader();
  trafficIsBusy = true;
  traffic.send(order);
  await until(() => !trafficIsBusy, actMs);
  service.send('sources?');
  await pause(pauseMs ?? 500);
  if (leftOut > 0) spansLeftOut(leftOut);
  if (ends && !refusedKernel()) await until(() => found(ends), actMs);
  await pause(breathMs);
}

/** Until it is true, too long, or the demo is stopped. */
async function until(isTrue, longestMs) {
  const deadline = Math.min(Date.now() + longestMs, begun + storyMs);
  while (!isTrue() && Date.now() < deadline && !isStopped()) await pause(50);
}

function pause(ms) {
  return sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
}

async function tellTheStory() {
  const cast = await setUp();
  introduce(cast);
  for (const [number, act] of acts.entries()) if (!isStopped()) await play(act, number, cast);
  if (!refusedKernel()) await until(() => expected.every(found), storyMs);
  return cast;
}

async function stayFor({ service }) {
  heading('It stays');
  say('The service goes on, and spans and findings are printed as they come. Ctrl-C ends everything.');
  rows(['/health', '/report', '/legacy', '/check?size=150000'].map((path) => ['try', `curl '${url(service)}${path}'`]));
  spanHeader();
  await whenStopped;
}

function sumUp() {
  const kernel = refusedKernel();
  summary({ spans, findings: [...findings.values()], expected, kernel, stopped: isStopped() });
}

const cast = await Promise.race([tellTheStory(), whenStopped]);
if (spans.length > 0) sumUp();
if (stay && !isStopped()) {
  await stayFor(cast);
  sumUp();
}
await children.endAll();
