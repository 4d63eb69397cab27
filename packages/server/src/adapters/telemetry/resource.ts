/** What every metric and span says of where it comes from. */
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';

export function resourceOf(version?: string): Resource {
  return resourceFromAttributes({
    'service.name': 'tollkeeper',
    ...(version === undefined ? {} : { 'service.version': version }),
  });
}
