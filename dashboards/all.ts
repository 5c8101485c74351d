import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { agent } from './agent.ts';
import { fleet } from './fleet.ts';
import { service } from './service.ts';

/** Every dashboard, by the name of its file. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'synfin-fleet.json': fleet,
  'synfin-service.json': service,
  'synfin-agent.json': agent,
};
