// The files that Prometheus and Alertmanager are started with: those of this folder and the shipped rules, with other
// ports where they were asked for, and in a hurry where that was.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse, stringify } from 'yaml';
import { shortened } from './shortened.mjs';

/** What stands in the files, by what listens there. */
const writtenPorts = { service: '3000', alertmanager: '9493', receiver: '9494' };

/** What took ten minutes takes ten seconds; there is a scrape a second, and a range has five of them. */
export const hurry = { factor: 60, leastMs: 5000 };

/** By name, as they are to lie side by side. */
export function configured(ports, isQuick) {
  const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const withPorts = (text) =>
    Object.entries(writtenPorts).reduce(
      (so, [name, port]) => so.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${ports[name]}`),
      text,
    );
  const config = parse(withPorts(read('prometheus.yml')));
  const files = {};
  for (const path of config.rule_files) files[basename(path)] = isQuick ? shortened(read(path), hurry) : read(path);
  config.rule_files = Object.keys(files);
  if (isQuick) Object.assign(config.global, { scrape_interval: '1s', evaluation_interval: '1s' });
  return { ...files, 'prometheus.yml': stringify(config), 'alertmanager.yml': withPorts(read('alertmanager.yml')) };
}
