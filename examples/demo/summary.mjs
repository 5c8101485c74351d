// The closing words: what was seen, why it took two places to look at, and where to go from here.

import { basename } from 'node:path';
import { heading, rows, warn } from './screen.mjs';

/** `expected` are the findings that the story should have ended with; `kernel` is why the kernel could not be asked. */
export function summary({ spans, findings, expected, kernel, stopped }) {
  heading(stopped ? 'Stopped: what you have seen so far' : 'What you have seen');
  rows([['spans', spansInWords(spans)], ...findings.map((finding) => ['finding', findingInWords(finding)])]);
  const missing = expected.filter(({ kind, cause }) => !findings.some((f) => f.kind === kind && f.cause === cause));
  if (stopped) return;
  if (missing.length > 0) explainMissing(missing, kernel);
  if (findings.length > 0) whyNobodyToldYou();
  heading('Where to go from here');
  rows([
    ['your service', 'node --import synfin/register app.js'],
    ['the mistakes', 'examples/demo/service.mjs, look for MISTAKE: one line mends each'],
    ['look longer', 'npm run demo -- --stay'],
    ['more', 'README.md'],
  ]);
}

function spansInWords(spans) {
  const count = (attribute, value, among = spans) =>
    among.filter(({ attributes }) => attributes[`synfin.tcp.${attribute}`] === value).length;
  const teardowns = spans.filter(({ name }) => name === 'tcp.teardown');
  const handshakes = spans.filter(({ name }) => name === 'tcp.handshake');
  const closers = ['local', 'remote', 'simultaneous', 'unknown']
    .map((who) => [who, count('close.initiator', who, teardowns)])
    .filter(([, times]) => times > 0)
    .map(([who, times]) => `by ${who}: ${times}`);
  return [
    `${handshakes.length} tcp.handshake`,
    `(as client: ${count('role', 'client', handshakes)}, as server: ${count('role', 'server', handshakes)}),`,
    `${teardowns.length} tcp.teardown`,
    closers.length > 0 ? `(${closers.join(', ')})` : '',
  ].join(' ');
}

function findingInWords({ kind, cause, count, sample, subject }) {
  const [frame] = sample[0]?.call_site ?? [];
  // `checkDocument (/work/examples/demo/service.mjs:31:26)`
  const [, place] = /\((.*):\d+\)$/.exec(frame ?? '') ?? [];
  // For an accepted connection the line is that of listen().
  const how = subject.role === 'server' ? 'accepted by' : 'made at';
  const where = place === undefined ? '' : `, ${how} ${basename(place)}`;
  return `${kind} · ${cause}: ${count} connection${count === 1 ? '' : 's'}${where}`;
}

function explainMissing(missing, kernel) {
  const names = missing.map(({ kind, cause }) => `${kind} · ${cause}`).join(', ');
  if (kernel === undefined) {
    warn(`Not seen in time: ${names}. On a machine that is very busy this happens; try it once more.`);
    return;
  }
  warn(
    `Not shown here: ${names}. To find these, synfin must ask the kernel, which was refused here: ${kernel.reason}.`,
  );
}

function whyNobodyToldYou() {
  heading('Why nobody told you before');
  rows([
    [
      'ss alone',
      'shows CLOSE-WAIT and a pid: no request, no reason and no line of code. ' +
        'The connections with 400 kB it shows as ESTAB, like any busy one.',
    ],
    ['JavaScript', 'saw nothing: response.ok was true, and no error and no event ever came.'],
    ['synfin', 'joins the two, socket by socket: the kernel knows whose turn it is, Node.js whose code.'],
  ]);
}
