/** Counters of what processes that share a store do there: leases, and what they ask of it. */
import type { Meter } from '@opentelemetry/api';
import type { StoreCounts } from '../../ports/store-counts.ts';

export interface SharingFigures {
  /** What has happened to leases since the start, by what it is; absent: nothing is leased. */
  readonly leases?: Readonly<Record<string, number>>;
  /** What was asked of DynamoDB; absent: the store is a file. */
  readonly store?: StoreCounts;
}

const OUTCOMES = ['committed', 'cancelled', 'throttled', 'lost'] as const;

/** `live` is asked at every scrape. */
export function sharingMetrics(meter: Meter, live: () => SharingFigures): void {
  const counter = (
    name: string,
    description: string,
    series: (figures: SharingFigures) => readonly Series[],
  ): void => {
    meter.createObservableCounter(name, { description }).addCallback((result) => {
      for (const [value, attributes] of series(live())) result.observe(value, attributes);
    });
  };
  counter(
    'tollkeeper_lease_events_total',
    'What has happened to leases of budgets, where processes share a store.',
    ({ leases = {} }) => Object.entries(leases).map(([event, times]) => [times, { event }]),
  );
  counter(
    'tollkeeper_store_transactions_total',
    'Transactions sent to DynamoDB, by what became of them.',
    ({ store }) => (store ? OUTCOMES.map((outcome) => [store[outcome], { outcome }]) : []),
  );
  counter(
    'tollkeeper_store_writes_total',
    'Items written to DynamoDB, by what they are.',
    (figures) => kindsOf(figures).map(([kind, { writes }]) => [writes, { kind }]),
  );
  counter(
    'tollkeeper_store_write_units_total',
    'Write units that DynamoDB charges, by what they were for; cancelled transactions included.',
    (figures) => kindsOf(figures).map(([kind, { write_units }]) => [write_units, { kind }]),
  );
  counter('tollkeeper_store_read_units_total', 'Read units that DynamoDB charges.', ({ store }) =>
    store ? [[store.read_units, {}]] : [],
  );
}

type Series = readonly [value: number, attributes: Readonly<Record<string, string>>];

const kindsOf = ({ store }: SharingFigures) => Object.entries(store?.kinds ?? {});
