/** What the handlers of webhooks are built from, for tests: real parts that may call loopback. */
import { webhookSender } from '../../src/adapters/webhook/webhook-sender.ts';
import type { WebhookDesk } from '../../src/admin/webhooks.ts';
import type { MasterKeys } from '../../src/credentials/master-keys.ts';
import { masterKeyBox } from '../../src/credentials/secret-box.ts';
import { Courier } from '../../src/keeper/alerts/courier.ts';
import { Outbox } from '../../src/keeper/alerts/outbox.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ids } from '../../src/ports/ids.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';

export interface DeskParts {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly masterKeys: MasterKeys;
  readonly log: Telemetry['log'];
}

export function webhookDesk(parts: DeskParts, instanceId = 'test'): WebhookDesk {
  const outbox = new Outbox(parts.catalog);
  const box = masterKeyBox(parts.masterKeys, parts.ids);
  const sender = webhookSender({ timeoutMs: 2_000, privateAddresses: true });
  const settings = {
    timeoutMs: 2_000,
    triesMax: 3,
    backoffMs: 1_000,
    userAgent: 'Tollkeeper/test',
  };
  const courier = new Courier({ ...parts, instanceId, outbox, box, sender, settings });
  return { outbox, courier, box, problemOf: (url) => sender.problemOf(url) };
}
