// Starts all of it on the loopback address and ends it again: an upstream, a service that forgets connections, Prometheus
// with synfin's rules, an Alertmanager and whoever it tells. Nothing stays behind.
//
//   node examples/prometheus/start.mjs            as it would be in earnest: the first alert takes half an hour
//   node examples/prometheus/start.mjs --quick    a minute
//
// PORT (3000), UPSTREAM_PORT (3001), PROMETHEUS_PORT (9490), ALERTMANAGER_PORT (9493), RECEIVER_PORT (9494).

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configured } from './configured.mjs';
import { Programs } from './programs.mjs';
import { Traffic } from './traffic.mjs';

const env = process.env;
const ports = {
  service: env.PORT ?? '3000',
  upstream: env.UPSTREAM_PORT ?? '3001',
  prometheus: env.PROMETHEUS_PORT ?? '9490',
  alertmanager: env.ALERTMANAGER_PORT ?? '9493',
  receiver: env.RECEIVER_PORT ?? '9494',
};
const isQuick = process.argv.includes('--quick');

/** In a hurry synfin looks more often, and calls a leak what it would still have waited for. */
const impatience = {
  SYNFIN_INTERVAL_MS: '1000',
  SYNFIN_CLOSE_WAIT_MS: '2000',
  SYNFIN_UNREAD_MS: '2000',
};

const url = (name) => `http://127.0.0.1:${ports[name]}`;
const folder = mkdtempSync(join(tmpdir(), 'synfin-example-'));
const programs = new Programs();
const traffic = new Traffic(url('service'));

async function startAll() {
  for (const [name, text] of Object.entries(configured(ports, isQuick))) writeFileSync(join(folder, name), text);
  await programs.node('upstream', ['../express-server/upstream.mjs'], { PORT: ports.upstream });
  await programs.node('service', ['--import', 'synfin/register', './service.mjs'], {
    ...(isQuick && impatience),
    PORT: ports.service,
    UPSTREAM: url('upstream'),
    SYNFIN_FINDINGS: 'off',
  });
  await programs.node('receiver', ['./receiver.mjs'], { PORT: ports.receiver });
  await programs.daemon(['prometheus-alertmanager', 'alertmanager'], `${url('alertmanager')}/-/ready`, [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ]);
  await programs.daemon(['prometheus'], `${url('prometheus')}/-/ready`, [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${ports.prometheus}`,
    '--log.level=error',
  ]);
}

async function endAll() {
  traffic.end();
  await programs.endAll();
  rmSync(folder, { recursive: true, force: true });
}

let ending;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    ending ??= endAll().then(() => console.log('All is ended.'));
  });
programs.onLost = (name, how) => {
  console.error(`${name} ended by itself (${how}): so does the rest.`);
  process.exitCode = 1;
  ending ??= endAll();
};

try {
  await startAll();
  traffic.begin();
  console.log(`
alerts    ${url('prometheus')}/alerts
metrics   ${url('service')}/metrics

Twice a second an order comes, and every second a connection is forgotten. Wait for the alert; then heal it:

  curl -X POST ${url('service')}/heal

Ctrl-C ends everything.
`);
} catch (error) {
  if (ending === undefined) {
    console.error(error.message);
    process.exitCode = 1;
    ending = endAll();
  }
}
