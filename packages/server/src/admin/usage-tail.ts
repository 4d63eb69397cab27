/** Usage as it happens, as far as the visitor may see. */
import type { Handlers, RESOURCES } from '@tollkeeper/contract';
import { narrow, principalOf, type Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault } from './fault.ts';

type Names = keyof (typeof RESOURCES)['usageTail'];

export function usageTailHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    tailUsage: ({ query }, visitor) => {
      const { model_id, kind, ...whose } = query;
      const filter = {
        ...narrow(visitor, whose),
        ...(model_id === undefined ? {} : { model_id }),
        ...(kind === undefined ? {} : { kind }),
      };
      const orgId = principalOf(visitor)?.org_id ?? null;
      const listener = deps.tail.listen(filter, orgId);
      if (listener === undefined) {
        throw new Fault('SERVICE_UNAVAILABLE', 'Too many listen already. Try again later.');
      }
      return { status: 200, body: listener };
    },
  };
}
