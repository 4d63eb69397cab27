/**
 * What must be confirmed before it is bought: shown with its price, and asked for again with the
 * token that says that it was seen.
 */
import { ApiError, type Operation } from '@tollkeeper/contract';
import { confirmed } from './confirm.ts';
import type { World } from './world.ts';

/** Whether an operation may answer that something has to be confirmed. */
export function isConfirmed(record: Operation): boolean {
  return record.errors.includes('CONFIRMATION_REQUIRED');
}

/** Sends a request, and again once whoever sits there agrees. Undefined: they do not. */
export async function buying(
  call: (input: unknown) => Promise<unknown>,
  request: { readonly body: object },
  flags: { readonly yes?: boolean },
  world: World,
): Promise<unknown> {
  try {
    return await call(request);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'CONFIRMATION_REQUIRED') throw error;
    const { confirmation_token: confirmation } = error.details;
    // Words for programs end where the command takes over.
    world.note(`${error.message.replace(/ Send the same request .*$/, '')}\n`);
    if (await confirmed(world, flags, 'Buy it?')) {
      return call({ ...request, body: { ...request.body, confirmation } });
    }
    world.note('Nothing was bought.\n');
    return undefined;
  }
}
