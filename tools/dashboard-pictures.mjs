// npm run build:test && node tools/dashboard-pictures.mjs [--prometheus=URL] [--job=REGEX] [--minutes=180] [--rate=2m] [--to=FOLDER]: draws what a Prometheus
// answers to each panel, where the panel is. By default one that is filled with four invented services. It is no Grafana:
// the data are those that Grafana would be given, the drawing is our own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { everything, substituted } from '../build/test/dashboards/expressions.js';
import { history } from '../build/test/dashboards/sick-fleet.js';
import { startPrometheus } from '../build/test/prometheus/programs.js';

const { values: args } = parseArgs({
  options: {
    prometheus: { type: 'string' },
    to: { type: 'string', default: 'build/pictures' },
    job: { type: 'string', default: '.+' },
    minutes: { type: 'string', default: '180' },
    rate: { type: 'string', default: '2m' },
  },
});
const end = Math.floor(Date.now() / 1000);
const start = end - Number(args.minutes) * 60;
const step = Math.ceil((end - start) / 180);
const variables = {
  __range: '3h',
  ...everything,
  __rate_interval: args.rate,
  job: args.job,
  instance: '.+',
};

const own = args.prometheus ? undefined : await startPrometheus('global: {}\n', {}, history(start - 60, end + 60, 30));
const api = async (path) => {
  const { data, error } = await (await fetch((args.prometheus ?? own.url) + path)).json();
  if (error) throw new Error(error);
  return data.result;
};

async function answerTo(target) {
  const query = encodeURIComponent(substituted(target.expr, variables));
  const result = target.instant
    ? await api(`/api/v1/query?query=${query}&time=${end}`)
    : await api(`/api/v1/query_range?query=${query}&start=${start}&end=${end}&step=${step}`);
  return result.map(({ metric, value, values }) => ({
    metric,
    name: named(target, metric),
    points: values ?? [value],
    refId: target.refId,
  }));
}

const named = ({ legendFormat = '' }, metric) =>
  legendFormat.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');

const scales = {
  percentunit: (value) => `${(value * 100).toFixed(value !== 0 && Math.abs(value) < 0.1 ? 2 : 1)} %`,
  s: (value) =>
    value >= 60
      ? `${(value / 60).toFixed(0)} min`
      : value >= 1
        ? `${value.toFixed(2)} s`
        : value >= 0.001
          ? `${(value * 1e3).toFixed(1)} ms`
          : `${(value * 1e6).toFixed(0)} µs`,
  cps: (value) => `${value.toFixed(2)} /s`,
  none: (value) => (Number.isInteger(value) ? `${value}` : value.toFixed(2)),
};
const shown = (unit, text) => (Number.isFinite(Number(text)) ? (scales[unit] ?? String)(Number(text)) : text);
const escaped = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const palette = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442', '#999999'];

function colourOf(steps, value) {
  return steps?.findLast((step) => step.value === null || value >= step.value)?.color ?? '#333';
}

function lines(panel, series, width, height) {
  const { unit, thresholds, custom = {} } = panel.fieldConfig.defaults;
  const stacked = custom.stacking?.mode === 'normal';
  const sums = new Map();
  const drawn = series.map((one, at) => {
    const property = (id) =>
      panel.fieldConfig.overrides
        .find(({ matcher }) => matcher.options === one.refId)
        ?.properties.find((each) => each.id === id)?.value;
    const points = one.points.map(([time, text]) => {
      const below = stacked ? (sums.get(time) ?? 0) : 0;
      if (stacked) sums.set(time, below + Number(text));
      return [time, below + Number(text)];
    });
    return {
      ...one,
      points,
      last: one.points.at(-1)?.[1],
      colour: property('color')?.fixedColor ?? palette[at % palette.length],
      dash: property('custom.lineStyle') ? '6 4' : '',
    };
  });
  const limits =
    custom.thresholdsStyle && custom.thresholdsStyle.mode !== 'off'
      ? (thresholds?.steps ?? []).filter((step) => step.value !== null)
      : [];
  const values = drawn.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const top = Math.max(1e-9, custom.axisSoftMax ?? 0, ...values) * 1.05;
  const x = (time) => 60 + ((time - start) / (end - start)) * (width - 70);
  const y = (value) => height - 4 - (value / top) * (height - 10);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<line x1="60" x2="${width - 10}" y1="${y(top * part)}" y2="${y(top * part)}" stroke="#eee"/><text x="56" y="${y(top * part) + 3}" text-anchor="end">${shown(unit, top * part)}</text>`,
  );
  const marks = limits
    .filter((step) => step.value <= top)
    .map(
      (step) =>
        `<line x1="60" x2="${width - 10}" y1="${y(step.value)}" y2="${y(step.value)}" stroke="${step.color}" stroke-dasharray="3 5"/>`,
    );
  const paths = drawn.map(({ points, colour, dash }) => {
    const path = points.map(([time, value], at) => {
      const begins = !Number.isFinite(points[at - 1]?.[1]) || time - points[at - 1][0] > step;
      return Number.isFinite(value) ? `${begins ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}` : '';
    });
    return `<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-dasharray="${dash}"/>`;
  });
  const legend = drawn.map(
    ({ name, colour, last }) =>
      `<span><i style="background:${colour}"></i>${escaped(name)} <b>${shown(unit, last)}</b></span>`,
  );
  return `<svg width="${width}" height="${height}">${[...grid, ...marks, ...paths].join('')}</svg><div class="legend">${legend.join('')}</div>`;
}

function bars(panel, series) {
  const { unit, thresholds, max } = panel.fieldConfig.defaults;
  const most = max ?? Math.max(...series.map(({ points }) => Number(points[0][1])), 1);
  return series
    .map(
      ({ name, points: [[, text]] }) =>
        `<div class="bar">${escaped(name)}<div><u style="width:${(100 * text) / most}%;background:${colourOf(thresholds?.steps, Number(text))}"></u><b>${shown(unit, text)}</b></div></div>`,
    )
    .join('');
}

function table(panel, series) {
  const { renameByName, indexByName } = panel.transformations.find(({ id }) => id === 'organize').options;
  const columns = Object.keys(indexByName);
  const rows = new Map();
  const labels = columns.filter((column) => !column.startsWith('Value'));
  for (const { metric, points, refId } of series) {
    const key = JSON.stringify(labels.map((label) => metric[label]));
    rows.set(key, { ...metric, ...rows.get(key), [`Value #${refId}`]: points[0][1] });
  }
  const about = (column) =>
    panel.fieldConfig.overrides.find(({ matcher }) => matcher.options === renameByName[column])?.properties ?? [];
  const order = panel.options.sortBy.map(({ displayName, desc }) => [
    columns.find((column) => renameByName[column] === displayName),
    desc,
  ]);
  const compared = (a, b) => (Number.isNaN(Number(a)) ? String(a).localeCompare(b) : a - b);
  const sorted = [...rows.values()].sort((a, b) =>
    order.reduce((sign, [by, desc]) => sign || (desc ? -1 : 1) * compared(a[by], b[by]), 0),
  );
  const cell = (row, column) => {
    const property = (id) => about(column).find((each) => each.id === id)?.value;
    const mapped = property('mappings')?.[0].options[row[column]];
    const text =
      mapped?.text ?? (column.startsWith('Value') ? shown(property('unit'), row[column] ?? '') : row[column]);
    const colour =
      mapped?.color ?? (property('thresholds') && colourOf(property('thresholds').steps, Number(row[column])));
    return `<td style="${mapped?.color ? `background:${colour}` : colour ? `color:${colour};font-weight:600` : ''}">${escaped(text ?? '')}</td>`;
  };
  const head = columns.map((column) => `<th>${escaped(renameByName[column])}</th>`).join('');
  return `<table><tr>${head}</tr>${sorted.map((row) => `<tr>${columns.map((column) => cell(row, column)).join('')}</tr>`).join('')}</table>`;
}

const unitWidth = 62;
const unitHeight = 34;

async function drawn(panel) {
  const { x, y, w, h } = panel.gridPos;
  const place = `left:${x * unitWidth}px;top:${y * unitHeight}px;width:${w * unitWidth - 8}px;height:${h * unitHeight - 8}px`;
  if (panel.type === 'row') return `<div class="row" style="${place}">${escaped(panel.title)}</div>`;
  const series = (await Promise.all(panel.targets.map(answerTo))).flat();
  const { unit, thresholds, noValue = 'No data' } = panel.fieldConfig.defaults;
  const body = () => {
    if (series.length === 0) return `<p class="nothing">${escaped(noValue)}</p>`;
    if (panel.type === 'stat') {
      const [, text] = series[0].points[0];
      return `<p class="figure" style="background:${colourOf(thresholds?.steps, Number(text))}">${shown(unit, text)}</p>`;
    }
    if (panel.type === 'bargauge') return bars(panel, series);
    if (panel.type === 'table') return table(panel, series);
    return lines(panel, series, w * unitWidth - 24, h * unitHeight - 100);
  };
  return `<div class="panel" style="${place}"><h4>${escaped(panel.title)}</h4>${body()}</div>`;
}

const style = `body{margin:0;font:11px sans-serif;background:#f4f5f5;position:relative}.panel{position:absolute;background:#fff;border:1px solid #ddd;overflow:hidden;padding:0 4px}
h4{margin:5px 4px;font-size:12px}.row{position:absolute;font-weight:bold;font-size:14px;line-height:32px}text{font:9px sans-serif;fill:#666}.legend{max-height:56px;overflow:hidden}.legend span{margin-right:10px;white-space:nowrap;display:inline-block}
i{display:inline-block;width:10px;height:3px;margin-right:4px;vertical-align:middle}.figure{font-size:30px;text-align:center;margin:4px;line-height:78px;color:#000}.nothing{text-align:center;color:#666;margin-top:40px}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #eee;text-align:left;padding:4px}.bar{margin:5px 4px}.bar div{background:#eee;position:relative;height:14px}u{position:absolute;height:14px}.bar b{position:absolute;right:4px}`;

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  mkdirSync(args.to, { recursive: true });
  for (const name of ['fleet', 'service', 'agent']) {
    const { panels } = JSON.parse(readFileSync(`dashboards/synfin-${name}.json`, 'utf8'));
    const height = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * unitHeight;
    const pieces = await Promise.all(panels.map(drawn));
    const html = `<!doctype html><style>${style}</style><body>${pieces.join('')}`;
    writeFileSync(join(args.to, `${name}.html`), html);
    const page = await browser.newPage({ viewport: { width: 24 * unitWidth, height } });
    await page.setContent(html);
    await page.screenshot({ path: join(args.to, `${name}.png`) });
    process.stdout.write(`${join(args.to, `${name}.png`)}\n`);
  }
} finally {
  await browser.close();
  await own?.stop();
}
