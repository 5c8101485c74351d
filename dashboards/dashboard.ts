import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { metric } from '../src/telemetry/metric-names.ts';
import { prometheusName } from '../src/telemetry/prometheus-names.ts';
import { chosenSource } from './panel.ts';

export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export type Uid = 'synfin-fleet' | 'synfin-service' | 'synfin-agent';

export interface Plan {
  readonly uid: Uid;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly rows: readonly Row[];
}

const titles: Readonly<Record<Uid, string>> = {
  'synfin-fleet': 'All services',
  'synfin-service': 'One service',
  'synfin-agent': 'synfin itself',
};

/** Grafana's grid is so wide. */
const fullWidth = 24;

/** The dashboard as it is imported: no id, so that Grafana gives it one; the uid is ours, so that links hold. */
export function dashboardOf({ uid, title, description, from, rows }: Plan): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['synfin', 'tcp', 'nodejs'])
    .time({ from, to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .annotations([]);
  for (const variable of variables()) builder.withVariable(variable);
  for (const [to, text] of Object.entries(titles)) if (to !== uid) builder.link(linkTo(to as Uid, text));
  const dashboard = builder.build();
  dashboard.panels = laidOut(rows);
  return dashboard;
}

function linkTo(uid: Uid, text: string): Builder<ReturnType<DashboardLinkBuilder['build']>> {
  const link = new DashboardLinkBuilder(text)
    .url(`/d/${uid}`)
    .icon('dashboard')
    .includeVars(true)
    .keepTime(true)
    .build();
  // On the dashboard itself, and not in a menu.
  delete link.placement;
  return { build: () => link };
}

function variables() {
  const known = prometheusName('synfin.tcp.connection.count', metric['synfin.tcp.connection.count']);
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    several('job', 'Service', `label_values(${known}, job)`),
    several('instance', 'Process', `label_values(${known}{job=~"$job"}, instance)`),
  ];
}

function several(name: string, label: string, query: string) {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(chosenSource)
    .query({ qryType: 1, query, refId: `Prometheus-${name}` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** Panels beside one another as far as there is room, rows beneath one another. */
function laidOut(rows: readonly Row[]) {
  let id = 0;
  let y = 0;
  return rows.flatMap(({ title, panels }) => {
    const row = new RowBuilder(title).id(++id).gridPos({ x: 0, y: y++, w: fullWidth, h: 1 }).build();
    let x = 0;
    let tallest = 0;
    const placed = panels.map((builder) => {
      const panel = builder.build();
      const { w = fullWidth, h = 8 } = panel.gridPos ?? {};
      if (x + w > fullWidth) {
        x = 0;
        y += tallest;
        tallest = 0;
      }
      panel.id = ++id;
      panel.gridPos = { x, y, w, h };
      x += w;
      tallest = Math.max(tallest, h);
      return panel;
    });
    y += tallest;
    return [row, ...placed];
  });
}
