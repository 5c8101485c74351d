import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { serviceUrl } from './charts.ts';
import { thresholds } from './colours.ts';
import { type About, askNow, describe, letterOf, type Unit } from './panel.ts';
import { type Aspect, labelOf } from './series.ts';

export interface KeyColumn {
  readonly title: string;
  readonly width?: number;
  /** Words for the values, and colours. */
  readonly words?: Readonly<Record<string, string>>;
  readonly colours?: Readonly<Record<string, string>>;
}

export interface ValueColumn {
  readonly title: string;
  readonly expression: string;
  readonly unit: Unit;
  readonly limits?: readonly [warning: number, critical?: number];
  readonly width?: number;
}

export interface TableOf extends About {
  /** What the rows are told apart by: the labels of every query. */
  readonly keys: Readonly<Partial<Record<Aspect, KeyColumn>>>;
  readonly values: readonly ValueColumn[];
  /** Titles of columns, the most important first; a `-` before it: the greatest first. */
  readonly sortBy: readonly string[];
}

/** A row for each set of labels, a column for each query. */
export function table(about: TableOf) {
  const { keys, values, sortBy } = about;
  const named = Object.entries(keys).map(([aspect, column]) => [labelOf(aspect as Aspect), column] as const);
  const columns = [...named.map(([label]) => label), ...values.map((_, at) => valueName(values, at))];
  const panel = describe(new PanelBuilder(), about)
    .sortBy(
      sortBy.map((column) =>
        new common.TableSortByFieldStateBuilder().displayName(column.replace(/^-/, '')).desc(column.startsWith('-')),
      ),
    )
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .filterable(true)
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(columns.map((column, at) => [column, at])),
        renameByName: Object.fromEntries([
          ...named.map(([label, { title }]) => [label, title]),
          ...values.map(({ title }, at) => [valueName(values, at), title]),
        ]),
      },
    });
  for (const [label, column] of named) panel.overrideByName(column.title, keyLooks(label, column));
  for (const column of values) panel.overrideByName(column.title, valueLooks(column));
  const queries = values.map(({ expression }) => ({ expression, legend: '' }));
  return askNow(panel, queries, PromQueryFormat.Table);
}

/** What Grafana calls the value of a query in a table; the only one has no letter. */
function valueName(values: readonly ValueColumn[], at: number): string {
  return values.length === 1 ? 'Value' : `Value #${letterOf(at)}`;
}

function keyLooks(label: string, { width, words = {}, colours = {} }: KeyColumn): DynamicConfigValue[] {
  const looks: DynamicConfigValue[] = [{ id: 'unit', value: 'string' }];
  if (width !== undefined) looks.push({ id: 'custom.width', value: width });
  const mapped = [...new Set([...Object.keys(words), ...Object.keys(colours)])];
  if (mapped.length > 0) {
    const options = Object.fromEntries(
      mapped.map((value, index) => {
        const color = colours[value];
        return [value, { text: words[value] ?? value, index, ...(color !== undefined && { color }) }];
      }),
    );
    looks.push({ id: 'mappings', value: [{ type: 'value', options } as ValueMapping] });
  }
  if (Object.keys(colours).length > 0) looks.push({ id: 'custom.cellOptions', value: { type: 'color-background' } });
  if (label === 'job')
    looks.push({
      id: 'links',
      value: [{ title: 'Look at this service', url: serviceUrl(`\${__value.text:percentencode}`) }],
    });
  return looks;
}

function valueLooks({ unit, limits, width }: ValueColumn): DynamicConfigValue[] {
  const looks: DynamicConfigValue[] = [{ id: 'unit', value: unit }];
  if (unit === 'percentunit') looks.push({ id: 'decimals', value: 1 });
  if (width !== undefined) looks.push({ id: 'custom.width', value: width });
  if (limits) {
    looks.push({ id: 'thresholds', value: thresholds(...limits).build() });
    looks.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
  }
  return looks;
}
