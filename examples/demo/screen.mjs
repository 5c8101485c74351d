// What the demo prints: plain text of at most 100 columns, in colour where somebody looks at a terminal.

const width = 100;

const { NO_COLOR, FORCE_COLOR } = process.env;
export const inColour = !NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== '0' : process.stdout.isTTY === true);

const sgr = (code) => (text) => (inColour ? `\u001b[${code}m${text}\u001b[0m` : text);
const bold = sgr(1);
const dim = sgr(2);
const red = sgr(31);
const yellow = sgr(33);
const blue = sgr(34);
const cyan = sgr(36);

/** Blocks of one kind stand together; between two kinds is an empty line. */
let last = 'nothing';

function print(kind, text) {
  const apart = last !== 'nothing' && (kind !== last || kind === 'text' || text.startsWith('synfin '));
  process.stdout.write(`${apart ? '\n' : ''}${text}\n`);
  last = kind;
}

export function heading(text) {
  print('heading', bold(`── ${text} ${'─'.repeat(Math.max(3, width - text.length - 4))}`));
}

/** A paragraph. */
export function say(text) {
  print(
    'text',
    wrap(text, width - 2)
      .map((line) => `  ${line}`)
      .join('\n'),
  );
}

/** Rows of a label and what is to be said of it. */
export function rows(table) {
  const indent = Math.max(...table.map(([label]) => label.length)) + 4;
  const lines = table.flatMap(([label, text]) =>
    wrap(text, width - indent).map((line, index) => dim((index === 0 ? `  ${label}` : '').padEnd(indent)) + line),
  );
  print('text', lines.join('\n'));
}

/** Somebody else's text, as it came. */
export function asItCame(text) {
  print('findings', text.replace(/\n$/, ''));
}

export function spanHeader() {
  print('spans', dim(columns('time', 'span', 'role', 'us ⇄ peer', 'took', 'rtt / ended', 'source')));
}

/** Of more of the same nobody wants to read each. */
export function spansLeftOut(count) {
  print('spans', dim(`${' '.repeat(10)}… and ${count} more spans like these`));
}

/** One line for one span; `since` is when the demo began, in milliseconds. */
export function spanLine({ name, attributes: of, endedAt, duration }, since) {
  const isHandshake = name === 'tcp.handshake';
  const us = `${of['network.local.address']}:${of['network.local.port']}`;
  const peer = `${of['network.peer.address']}:${of['network.peer.port']}`;
  const line = columns(
    `${((endedAt - since) / 1000).toFixed(2)} s`,
    isHandshake ? 'handshake' : 'teardown',
    of['synfin.tcp.role'],
    `${us} ⇄ ${peer}`,
    spell(duration),
    isHandshake ? roundTrip(of['synfin.tcp.rtt']) : ending(of),
    of['synfin.observation.source'],
  );
  print('spans', line.replace(/handshake|teardown/, isHandshake ? cyan : blue));
  const error = of['error.type'];
  if (error) print('spans', red(`${' '.repeat(10)}error.type ${error}`));
}

function roundTrip(seconds) {
  return seconds === undefined ? 'not known' : `rtt ${spell(seconds * 1000)}`;
}

function ending(of) {
  const initiator = of['synfin.tcp.close.initiator'];
  const type = of['synfin.tcp.close.type'] ?? 'end';
  return initiator === 'unknown' ? type : `${type} by ${initiator === 'simultaneous' ? 'both' : initiator}`;
}

function columns(time, span, role, ends, took, how, source) {
  const cells = [time.padStart(8), span.padEnd(9), role.padEnd(6), ends.padEnd(33), took.padStart(8), how.padEnd(15)];
  return `${cells.join('  ')}  ${source}`;
}

function spell(milliseconds) {
  return milliseconds < 1000 ? `${milliseconds.toFixed(2)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

export function warn(text) {
  print(
    'text',
    wrap(text, width - 2)
      .map((line) => yellow(`  ${line}`))
      .join('\n'),
  );
}

function wrap(text, columns) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== '' && line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
