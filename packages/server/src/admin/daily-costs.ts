/** Days of tenants and models: summed up here on demand, and read. */
import { CALCULATION_FINISHED, type Handlers, type RESOURCES } from '@tollkeeper/contract';
import { dailyCosts, dailyRow, TenantNames, type DailyRow } from '../keeper/daily-costs.ts';
import type { Visitor, Who } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember } from './fault.ts';
import { fromApiDay } from './time.ts';

type Names = keyof (typeof RESOURCES)['dailyCosts'];

/** Rows of one answer. Whoever has more asks for some of the days. */
export const ROWS_MAX = 50_000;

export function dailyCostHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    trackCosts: async () => {
      await deps.dailyCosts.run();
      return { status: 200, body: CALCULATION_FINISHED };
    },
    retrieveCosts: async ({ query }, visitor) => {
      const from = fromApiDay('query.from', query.from);
      const to = fromApiDay('query.to', query.to);
      if (from !== undefined && to !== undefined && to < from) {
        throw invalidMember('query.to', 'must not be earlier than from');
      }
      const names = new TenantNames(deps.catalog);
      const rows: DailyRow[] = [];
      const org_id = seenBy(visitor);
      for await (const { value } of dailyCosts(deps.catalog, { org_id, from, to })) {
        if (rows.length >= ROWS_MAX) {
          throw invalidMember('query.from', `must leave at most ${ROWS_MAX} rows; give to as well`);
        }
        rows.push(dailyRow(value, await names.of(value.org_id)));
      }
      return { status: 200, body: { body: rows } };
    },
  };
}

/**
 * Whose days a visitor sees: of one organization, or of all (undefined). Days are sums of whole
 * organizations, so of keys only those see them that see all of theirs; a person sees its tenant.
 */
function seenBy(visitor: Who): string | undefined {
  switch (visitor.kind) {
    case 'provisioning':
      return undefined;
    case 'person':
      return visitor.principal?.org_id;
    case 'key':
      if (visitor.principal.scopes.includes('usage:org')) return visitor.principal.org_id;
      throw new Fault('FORBIDDEN', 'This API key does not see the usage of its organization.');
    case 'client':
    case 'anybody':
      throw new Fault('UNAUTHORIZED', 'Sign in, or send a key.');
  }
}
