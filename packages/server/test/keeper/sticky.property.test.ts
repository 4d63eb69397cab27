/** The sticky label under every order in which calls of several processes can reach the store. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StickyStates, type StickyScope } from '../../src/keeper/sticky.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import { keeperWorld, ORG } from './keeper-world.ts';

const LABELS = ['a', 'b', 'c', 'd', 'e', 'f'];
const scope: StickyScope = { org_id: ORG, app_id: null, timezone: 'UTC' };
const TIME_BOX = { numRuns: 500, interruptAfterTimeLimit: 2_000 } as const;

test('it goes forward only, and every mover is told of a place no nearer than its own', () =>
  fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.nat({ max: LABELS.length - 1 }), { minLength: 1, maxLength: 8 }),
      async (scheduler, targets) => {
        const { catalog, clock } = keeperWorld();
        const written: number[] = [];
        // Each step of each caller waits for its turn, which the scheduler gives in any order.
        const get = scheduler.scheduleFunction(catalog.get.bind(catalog));
        const put = scheduler.scheduleFunction(
          async (command: Parameters<typeof catalog.put>[0]) => {
            const result = await catalog.put(command);
            if (result.kind === 'put') written.push((command.value as { index: number }).index);
            return result;
          },
        );
        const interleaved = { get, put } as unknown as CatalogStore;
        const answers = Promise.all(
          targets.map(async (target) => {
            const states = new StickyStates({ catalog: interleaved, clock });
            const state = await states.advance(scope, 0, LABELS, LABELS[target] ?? '');
            return { target, index: state.index };
          }),
        );
        await scheduler.waitFor(answers);
        for (const { target, index } of await answers) expect(index).toBeGreaterThanOrEqual(target);
        // Strictly forward: nobody writes what is there already.
        expect(written).toEqual([...new Set(written)].toSorted((a, b) => a - b));
        const last = await new StickyStates({ catalog, clock }).read(scope, 0);
        expect(last?.index).toBe(Math.max(...targets));
      },
    ),
    TIME_BOX,
  ));
