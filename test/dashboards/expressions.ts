import type { DashboardJson, TargetJson } from './committed.ts';

export interface Expression {
  readonly panel: string;
  readonly refId: string;
  /** With the variables put in: what Prometheus is asked. */
  readonly expression: string;
  /** With `{{labels}}`. */
  readonly legend: string;
  /** Says nothing of what is younger than five minutes. */
  readonly isForecast: boolean;
}

/** What the variables stand for: everything, and rates over a minute. */
export const everything: Readonly<Record<string, string>> = {
  __rate_interval: '1m',
  __interval: '15s',
  __range: '1h',
  job: '.*',
  instance: '.*',
};

/** Every query of a dashboard. */
export function expressionsOf(dashboard: unknown, values = everything): readonly Expression[] {
  return (dashboard as DashboardJson).panels.flatMap(({ title, targets = [] }) =>
    targets.map((target: TargetJson) => ({
      panel: title,
      refId: target.refId,
      expression: substituted(target.expr, values),
      legend: target.legendFormat ?? '',
      isForecast: target.expr.includes('predict_linear('),
    })),
  );
}

/** Throws for a variable that is unknown. */
export function substituted(text: string, values = everything): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare ?? '';
    const value = values[name];
    if (value === undefined) throw new Error(`no such variable: $${name} in ${text}`);
    return value;
  });
}
