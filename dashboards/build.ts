// npm run dashboards: writes the dashboards that Grafana imports.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from './all.ts';

for (const [file, dashboard] of Object.entries(dashboards))
  writeFileSync(join('dashboards', file), `${JSON.stringify(dashboard, null, 2)}\n`);
