import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** One alerting rule, as it stands in the file. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One file of rule tests, as `promtool test rules` takes it: what of it names something. */
export interface RuleTests {
  readonly rule_files: readonly string[];
  readonly tests: readonly {
    readonly name: string;
    readonly input_series: readonly { readonly series: string }[];
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly { readonly exp_labels: Readonly<Record<string, string>> }[];
    }[];
    readonly promql_expr_test?: readonly { readonly expr: string; readonly exp_samples: readonly object[] }[];
  }[];
}

export const alertsFile = 'prometheus/synfin-alerts.yml';

const { groups } = parse(readFileSync(alertsFile, 'utf8')) as { groups: readonly { rules: readonly Alert[] }[] };

export const alerts: readonly Alert[] = groups.flatMap(({ rules }) => rules);

export const alertNames: ReadonlySet<string> = new Set(alerts.map(({ alert }) => alert));

/** Of the alerts. */
export const ruleTestFiles: readonly string[] = readdirSync('prometheus/tests')
  .filter((name) => name !== 'recording.yml')
  .map((name) => `prometheus/tests/${name}`);

export function ruleTestsOf(file: string): RuleTests {
  return parse(readFileSync(file, 'utf8')) as RuleTests;
}

/** What an alert asks Prometheus: its condition, and what its annotations look up when it fires. */
export function expressionsOf({ expr, annotations }: Alert): readonly string[] {
  const asked = Object.values(annotations).flatMap((text) =>
    [...text.matchAll(/printf ("(?:[^"\\]|\\.)*")[^|}]*\| query/g)].map(([, format = '""']) =>
      (JSON.parse(format) as string).replaceAll('%q', '"of the alert"'),
    ),
  );
  return [expr, ...asked];
}
