// The closing words: what was seen, why it took two places to look at, and where to go from here.

import { basename } from 'node:path';
import { heading, rows, say, warn } from './screen.mjs';

export function summary({ spans, findings, expected, kernel, stopped }) {
  heading(stopped ? 'Stopped early: what you have seen so far' : 'What you have seen');
  rows([['spans', spansInWords(spans)], ...findings.map((finding) => ['finding', findingInWords(finding)])]);
  if (kernel?.state === 'refused') refused(kernel, expected);
  else if (!stopped) missing(expected, findings);
  if (stopped) return;

  heading('Why nobody told you before');
  rows([
    ['ss alone', 'shows CLOSE-WAIT and a pid. Not which request left it behind, not why, and not the line.'],
    ['', 'The 400 kB ones it shows as ESTAB with a Recv-Q, like any busy connection.'],
    ['JavaScript', 'saw nothing: response.ok was true, and no error and no event ever came.'],
    ['synfin', "asks both and joins them socket by socket: the kernel knows whose turn it is, Node knows whose code."],
  ]);

  heading('Where to go from here');
  rows([
    ['your service', 'node --import synfin/register app.js'],
    ['the mistakes', 'examples/demo/service.mjs, look for MISTAKE: each is mended by one line'],
    ['look longer', 'npm run demo -- --stay'],
    ['all options', 'README.md'],
  ]);
}

function spansInWords(spans) {
  const handshakes = spans.filter(({ name }) => name === 'tcp.handshake');
  const teardowns = spans.filter(({ name }) => name === 'tcp.teardown');
  const role = (which) => handshakes.filter(({ attributes }) => attributes['synfin.tcp.role'] === which).length;
  const initiators = Map.groupBy
    ? Map.groupBy(teardowns, initiatorOf)
    : teardowns.reduce((groups, span) => groups.set(initiatorOf(span), [...(groups.get(initiatorOf(span)) ?? []), span]), new Map());
  const closed = [...initiators].map(([who, of]) => `${of.length} ${who} first`).join(', ');
  return (
    `${handshakes.length} tcp.handshake (${role('client')} as client, ${role('server')} as server), ` +
    `${teardowns.length} tcp.teardown${closed ? ` (${closed})` : ''}`
  );
}

function initiatorOf({ attributes }) {
  return attributes['synfin.tcp.close.initiator'];
}
