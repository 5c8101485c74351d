// What Alertmanager tells (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), in words: where a
// pager or a chat would be.
//
// PORT (9494) says where it listens, on 127.0.0.1.

import { once } from 'node:events';
import http from 'node:http';
import { json } from 'node:stream/consumers';

const { PORT = '9494' } = process.env;

const server = http.createServer(async (req, res) => {
  try {
    const { alerts } = await json(req);
    for (const alert of alerts) console.log(inWords(alert));
    res.end();
  } catch (error) {
    // Alertmanager sends it again.
    res.writeHead(400).end(`${error.message}\n`);
  }
});

function inWords({ status, labels, annotations, startsAt, endsAt }) {
  const { alertname, severity, ...where } = labels;
  const { summary, description, runbook_url: runbook } = annotations;
  const until = status === 'resolved' ? endsAt : undefined;
  const lines = { what: summary, why: description, ...where, runbook, since: startsAt, until };
  const told = Object.entries(lines).filter(([, text]) => text !== undefined);
  const width = Math.max(...told.map(([name]) => name.length));
  const heading = [status.toUpperCase(), severity, alertname].filter(Boolean).join(' ');
  return [heading, ...told.map((line) => row(line, width)), ''].join('\n');
}

/** A name, and a text that may be long, at most 100 columns wide. */
function row([name, text], width) {
  const lines = [''];
  for (const word of text.trim().split(/\s+/)) {
    if (lines.at(-1).length + word.length + width > 95) lines.push('');
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.map((line, n) => `  ${(n === 0 ? name : '').padEnd(width)} ${line}`).join('\n');
}

server.listen(Number(PORT), '127.0.0.1');
await once(server, 'listening');
console.log(`receiver  http://127.0.0.1:${server.address().port}`);
