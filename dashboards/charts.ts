import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { colour } from './colours.ts';
import { type About, ask, askNow, describe, letterOf, type Query } from './panel.ts';

export interface Line extends Query {
  /** Else Grafana gives it one. */
  readonly colour?: keyof typeof colour;
  readonly dashed?: boolean;
}

/** How it went. A limit is a dashed line at its warning and its critical value. */
export function overTime(about: About & { readonly lines: readonly Line[]; readonly stacked?: boolean }) {
  const { lines, stacked = false, limits, unit } = about;
  const panel = describe(new TimeSeriesBuilder(), about)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .lineWidth(2)
    .fillOpacity(stacked ? 30 : 0)
    .showPoints(common.VisibilityMode.Auto)
    .stacking(new common.StackingConfigBuilder().mode(stacked ? common.StackingMode.Normal : common.StackingMode.None))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName));
  if (unit === 'percentunit') panel.axisSoftMax(limits?.[0] ?? 0.01);
  if (limits)
    panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  for (const [at, line] of lines.entries()) {
    const looks = looksOf(line);
    if (looks.length > 0) panel.overrideByQuery(letterOf(at), looks);
  }
  return ask(panel, lines);
}

function looksOf({ colour: chosen, dashed }: Line): DynamicConfigValue[] {
  const looks: DynamicConfigValue[] = [];
  if (chosen) looks.push({ id: 'color', value: { mode: 'fixed', fixedColor: colour[chosen] } });
  if (dashed) looks.push({ id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } });
  return looks;
}

/** One number. */
export function figure(about: About & { readonly query: string }) {
  const panel = describe(new StatBuilder(), { height: 4, ...about })
    .colorMode(about.limits ? common.BigValueColorMode.Background : common.BigValueColorMode.None)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Value)
    .reduceOptions(lastOnly())
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  return askNow(panel, [{ expression: about.query, legend: '' }]);
}

/** The worst of many, a bar each, which leads to the service. */
export function bars(about: About & Query) {
  const panel = describe(new BarGaugeBuilder(), about)
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .valueMode(common.BarGaugeValueMode.Text)
    .namePlacement(common.BarGaugeNamePlacement.Top)
    .showUnfilled(true)
    .reduceOptions(lastOnly())
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .dataLinks([toService(`\${__field.labels.job:percentencode}`)]);
  if (about.unit === 'percentunit') panel.max(1);
  return askNow(panel, [about]);
}

/** To the dashboard of this service, at the same time. */
export function toService(job: string) {
  return new DashboardLinkBuilder('Look at this service').url(serviceUrl(job));
}

export function serviceUrl(job: string): string {
  return `/d/synfin-service?var-job=${job}&\${datasource:queryparam}&\${__url_time_range}`;
}

function lastOnly() {
  return new common.ReduceDataOptionsBuilder().values(false).calcs(['lastNotNull']);
}
