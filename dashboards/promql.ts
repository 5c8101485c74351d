import { type Aspect, labelOf, series } from './series.ts';

/** As long as Grafana holds to be right for a rate at this zoom: at least four scrapes. */
export const window = '$__rate_interval';

type By = readonly Aspect[];

export function sum(by: By, expression: string): string {
  return `sum${grouping(by)} (${expression})`;
}

/**
 * The greatest. What the kernel shows is the same for every process of a host: two of them see the same TIME_WAITs, and a
 * sum would count them twice.
 */
export function max(by: By, expression: string): string {
  return `max${grouping(by)} (${expression})`;
}

export function count(by: By, expression: string): string {
  return `count${grouping(by)} (${expression})`;
}

/** Per second. */
export function rate(counter: string): string {
  return `rate(${counter}[${window}])`;
}

/**
 * What a counter has counted in a time. One that was not there before has counted all that it says: `increase` alone
 * never sees the first of anything. A scrape that failed just then does not make it new.
 */
export function increase(counter: string, over = window): string {
  return `((increase(${counter}[${over}]) and last_over_time(${counter}[5m] offset ${over})) or ${counter})`;
}

/**
 * What a gauge has said last. It bridges scrapes that failed: a process that runs out of descriptors cannot answer them
 * either.
 */
export function latest(gauge: string): string {
  return `last_over_time(${gauge}[5m])`;
}

/** 0 for each service, or process, that tells of itself: what has never happened there has no series. */
function zero(by: readonly ('job' | 'instance')[], there = series('synfin.tcp.connection.count')): string {
  return `0 * ${sum(by, there)}`;
}

/** 0 for each service, or process, of which there is nothing at all. */
export function orZero(by: readonly ('job' | 'instance')[], expression: string): string {
  return `${expression} or on (${by.map(labelOf).join(', ')}) ${zero(by)}`;
}

/** Likewise, for what is made of `latest`. */
export function orLatelyZero(by: readonly ('job' | 'instance')[], expression: string): string {
  const there = latest(series('synfin.tcp.connection.count'));
  return `${expression} or on (${by.map(labelOf).join(', ')}) ${zero(by, there)}`;
}

/** A part of a whole; 0 where the whole is nothing. Both are aggregated in the same way. */
export function share(by: readonly ('job' | 'instance')[], part: string, whole: string): string {
  return orZero(by, `(${part}) / (${whole} > 0)`);
}

/** One part of several, each with a label of its own, of a whole. */
export function shareOf(by: By, part: string, whole: string): string {
  return `(${part}) / on (${by.map(labelOf).join(', ')}) group_left () (${whole} > 0)`;
}

export function quantile(q: number, by: By, buckets: string): string {
  return `histogram_quantile(${q}, sum by (${[...by.map(labelOf), 'le'].join(', ')}) (${rate(buckets)}))`;
}

/** The ten greatest, the greatest first (of an instant query). */
export function worst(expression: string): string {
  return `sort_desc(topk(10, ${expression}))`;
}

/**
 * What it will be in an hour if it goes on: by the last half hour and by the last five minutes, whichever is less, so that
 * a burst that is over is no forecast. Of what is younger than five minutes nothing is said.
 */
export function inAnHour(gauge: string): string {
  const [long, short] = [`predict_linear(${gauge}[30m], 3600)`, `predict_linear(${gauge}[5m], 3600)`];
  return `((${long} < ${short} or ${short}) and ${gauge} offset 5m)`;
}

/** The text of a legend: `legend`to ${'network.peer.address'}``. */
export function legend(texts: TemplateStringsArray, ...aspects: readonly Aspect[]): string {
  return texts.reduce((text, next, at) => {
    const aspect = aspects[at - 1];
    return text + (aspect === undefined ? '' : `{{${labelOf(aspect)}}}`) + next;
  });
}

function grouping(by: By): string {
  return by.length === 0 ? '' : ` by (${by.map(labelOf).join(', ')})`;
}
