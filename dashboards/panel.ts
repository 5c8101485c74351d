import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type { ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { thresholds } from './colours.ts';

/** The data source that the reader chooses. */
export const chosenSource: DataSourceRef = { type: 'prometheus', uid: `\${datasource}` };

/** UCUM's or Grafana's names: a share of 1, seconds, a number of things, so many of them a second. */
export type Unit = 'percentunit' | 's' | 'none' | 'cps' | 'string';

/** What every panel says: the question, what the answer should be, and what to do when it is another. */
export interface About {
  readonly title: string;
  readonly healthy: string;
  readonly otherwise: string;
  readonly unit: Unit;
  /** Of the 24 that a row has. */
  readonly width: number;
  readonly height?: number;
  /** From which values on it is a warning, and critical: shares, ages, or growth. */
  readonly limits?: readonly [warning: number, critical?: number];
  /** Where it is no data that there is nothing: what that means. */
  readonly none?: string;
}

export interface Query {
  readonly expression: string;
  readonly legend: string;
}

/** The panels of every kind that we use. */
interface Panel {
  title(text: string): unknown;
  description(text: string): unknown;
  unit(unit: string): unknown;
  span(width: number): unknown;
  height(height: number): unknown;
  datasource(source: DataSourceRef): unknown;
  thresholds(limits: ThresholdsConfigBuilder): unknown;
  noValue(text: string): unknown;
  min(least: number): unknown;
  withTarget(query: Builder<Dataquery>): unknown;
}

export function describe<Kind extends Panel>(panel: Kind, about: About): Kind {
  const { title, healthy, otherwise, unit, width, height = 8, limits, none } = about;
  panel.title(title);
  panel.description(`Healthy: ${healthy}\n\nIf not: ${otherwise}`);
  panel.datasource(chosenSource);
  panel.unit(unit);
  panel.span(width);
  panel.height(height);
  if (unit !== 'string') panel.min(0);
  if (limits) panel.thresholds(thresholds(...limits));
  if (none !== undefined) panel.noValue(none);
  return panel;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Over the time that is shown. */
export function ask<Kind extends Panel>(panel: Kind, queries: readonly Query[]): Kind {
  return askIn(panel, queries, (query) => query.range());
}

/** At the end of it. */
export function askNow<Kind extends Panel>(
  panel: Kind,
  queries: readonly Query[],
  format = PromQueryFormat.TimeSeries,
): Kind {
  return askIn(panel, queries, (query) => query.instant().format(format));
}

function askIn<Kind extends Panel>(panel: Kind, queries: readonly Query[], how: (query: DataqueryBuilder) => unknown) {
  for (const [at, { expression, legend }] of queries.entries()) {
    const query = new DataqueryBuilder().expr(expression).legendFormat(legend).datasource(chosenSource);
    how(query.refId(letterOf(at)));
    panel.withTarget(query);
  }
  return panel;
}

/** The name of the query at this place: `A`, `B`, … */
export function letterOf(at: number): string {
  return letters.charAt(at);
}
