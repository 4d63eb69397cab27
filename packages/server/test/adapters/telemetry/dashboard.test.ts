/** The sample dashboard asks for nothing that `/metrics` does not really serve. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProduct } from '@tollkeeper/testkit';
import { beforeAll, expect, test } from 'vitest';
import { metricsText } from '../../gateway/metrics-reading.ts';
import { call } from '../../gateway/requests.ts';

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const FILE = join(import.meta.dirname, '../../../../../docs/grafana/tollkeeper.json');
const dashboard = JSON.parse(readFileSync(FILE, 'utf8')) as Dashboard;

/** Labels by metric, and the values of each label, as a scrape tells them. */
const served = new Map<string, Map<string, Set<string>>>();

/** Makes a call of each kind that counts anything, and reads what is then served. */
beforeAll(async () => {
  const product = await startProduct();
  try {
    await call(product, {});
    await call(product, { operation: 'converse-stream' });
    await call(product, { fault: 'no-usage' });
    await call(product, { fault: 'usage;times=50' });
    await call(product, { model: 'no.such-model' });
    await call(product, { key: null });
    const cached = JSON.stringify({
      system: [{ text: 'A long system prompt. '.repeat(800) }, { cachePoint: { type: 'default' } }],
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      inferenceConfig: { maxTokens: 8 },
    });
    for (let i = 0; i < 2; i++) await call(product, { body: cached });
    readScrape(await metricsText(product));
  } finally {
    await product.close();
  }
}, 30_000);

function readScrape(text: string): void {
  for (const line of text.split('\n')) {
    const [, name, labels = ''] = /^([a-z_]+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    const known = served.get(name) ?? new Map<string, Set<string>>();
    served.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value));
    }
  }
}

const TARGETS = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map((target) => ({ title, ...target })),
);

const metricsIn = (expr: string): string[] => expr.match(/\b(tollkeeper|gen_ai)_[a-z_]+/g) ?? [];

/** Labels that an expression groups by, matches on, or shows. */
function labelsIn({ expr, legendFormat }: Target): string[] {
  const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(','));
  const matched = [...expr.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label);
  const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
  return [...grouped, ...matched, ...shown].map((label) => (label ?? '').trim());
}

test('the dashboard has panels, and each asks for something', () => {
  expect(TARGETS.length).toBeGreaterThan(10);
  for (const { title, expr } of TARGETS)
    expect([title, metricsIn(expr).length > 0]).toEqual([title, true]);
});

test.each(TARGETS)('$title: $expr', (target) => {
  for (const metric of metricsIn(target.expr)) {
    const labels = served.get(metric);
    expect([metric, labels !== undefined]).toEqual([metric, true]);
    const missing = labelsIn(target).filter((label) => labels?.has(label) !== true);
    expect([metric, missing]).toEqual([metric, []]);
    // A value that is asked for by name is one that there is.
    const selector = target.expr.slice(target.expr.indexOf(metric)).split('}')[0] ?? '';
    for (const [, label = '', value = ''] of selector.matchAll(/([a-z_]+)="([^"$]+)"/g)) {
      expect([...(labels?.get(label) ?? [])]).toContain(value);
    }
  }
});

test('what can be chosen above the panels comes from labels that there are', () => {
  for (const { definition } of dashboard.templating.list) {
    if (definition === undefined) continue;
    const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
    expect([definition, served.get(metric)?.has(label)]).toEqual([definition, true]);
  }
});

test('every metric of ours that is served is on the dashboard', () => {
  const shown = new Set(TARGETS.flatMap(({ expr }) => metricsIn(expr)));
  const ours = [...served.keys()].filter((name) => name.startsWith('tollkeeper_'));
  expect(ours.filter((name) => !shown.has(name) && !/_(sum|count)$/.test(name))).toEqual([]);
});
