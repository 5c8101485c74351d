import { parser } from '@prometheus-io/lezer-promql';
import { type Metric, metric } from '../../src/telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../../src/telemetry/prometheus-names.ts';

type Node = ReturnType<typeof parser.parse>['topNode'];

/** What Prometheus itself gives every series of a service, and what aggregation needs. */
const always = ['job', 'instance', '__name__'];

/** The names under which our metrics are found in Prometheus, each with its labels. */
export const knownSeries: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<Metric>(metric).flatMap(([name, about]): [string, string[]][] => {
    const translated = prometheusName(name, about);
    const labels = [...about.attributes.map(prometheusLabel), ...always];
    if (about.instrument !== 'histogram') return [[translated, labels]];
    return [
      [`${translated}_bucket`, [...labels, 'le']],
      [`${translated}_sum`, labels],
      [`${translated}_count`, labels],
    ];
  }),
);

/** Labels that an expression takes from its series, or makes itself. */
export function labelsIn(expression: string): ReadonlySet<string> {
  const labels = new Set<string>();
  for (const selector of nodes(expression, 'VectorSelector'))
    for (const name of seriesOf(selector, expression))
      for (const label of knownSeries.get(name) ?? []) labels.add(label);
  for (const made of madeIn(expression)) labels.add(made);
  return labels;
}

/** What is wrong with the names in an expression; and that it is none. */
export function wrongIn(expression: string): readonly string[] {
  const wrong: string[] = [];
  for (const node of nodes(expression)) if (node.type.isError) wrong.push(`cannot be read at ${node.from}`);
  for (const selector of nodes(expression, 'VectorSelector')) {
    const names = seriesOf(selector, expression);
    if (names.length === 0) wrong.push(`no metric: ${textOf(selector, expression)}`);
    const known = new Set(names.flatMap((name) => knownSeries.get(name) ?? []));
    if (names.length > 0)
      for (const label of within(selector, 'LabelName').map((node) => textOf(node, expression)))
        if (!known.has(label)) wrong.push(`no label of ${names.join(', ')}: ${label}`);
  }
  const labels = labelsIn(expression);
  for (const group of nodes(expression, 'GroupingLabels'))
    for (const label of within(group, 'LabelName').map((node) => textOf(node, expression)))
      if (!labels.has(label)) wrong.push(`no label of any series in it: ${label}`);
  return wrong;
}

/** Names of ours that a selector stands for. */
function seriesOf(selector: Node, expression: string): readonly string[] {
  const identifier = selector.getChild('Identifier');
  if (identifier) {
    const name = textOf(identifier, expression);
    return knownSeries.has(name) ? [name] : [];
  }
  const matchers = within(selector, 'UnquotedLabelMatcher').map((node) => textOf(node, expression));
  const like = matchers.map((text) => /^__name__=~"(.*)"$/.exec(text)?.[1]).find((text) => text !== undefined);
  return like === undefined ? [] : [...knownSeries.keys()].filter((name) => new RegExp(`^(?:${like})$`).test(name));
}

/** The second argument of label_replace and label_join. */
function madeIn(expression: string): readonly string[] {
  return nodes(expression, 'FunctionCall').flatMap((call) => {
    const [made] = /^label_(?:replace|join)/.test(textOf(call, expression))
      ? (call.getChild('FunctionCallBody')?.getChildren('StringLiteral') ?? [])
      : [];
    return made ? [textOf(made, expression).slice(1, -1)] : [];
  });
}

function nodes(expression: string, name?: string): readonly Node[] {
  return within(parser.parse(expression).topNode, name);
}

function within(node: Node, name?: string): readonly Node[] {
  const found: Node[] = [];
  node.cursor().iterate((reached) => {
    if (name === undefined || reached.name === name) found.push(reached.node);
  });
  return found;
}

function textOf({ from, to }: Node, expression: string): string {
  return expression.slice(from, to);
}
