/** What every metric and span says of where it comes from. */
import { randomUUID } from 'node:crypto';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';

/** A collector tells processes that serve together apart by it. */
const INSTANCE = randomUUID();

/** `collected`: it goes to a collector, and not only to a page of this process. */
export function resourceOf(about: { version?: string; collected: boolean }): Resource {
  const { version, collected } = about;
  return resourceFromAttributes({
    'service.name': 'tollkeeper',
    ...(version === undefined ? {} : { 'service.version': version }),
    ...(collected ? { 'service.instance.id': INSTANCE } : {}),
  });
}
