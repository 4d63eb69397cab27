/** A name for this installation, kept in its store: all processes on one store are one gateway. */
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Ids } from '../ports/ids.ts';

const SETTING = 'gateway_id';

/** Reads the name, or makes it once: of several that try, the first writer wins. */
export async function gatewayIdOf(catalog: CatalogStore, ids: Ids): Promise<string> {
  const known = await catalog.get<string>('setting', SETTING);
  if (known !== undefined) return known.value;
  const made = ids.uuid();
  const put = await catalog.put({
    kind: 'setting',
    id: SETTING,
    parent: '',
    value: made,
    expected: 0,
  });
  return put.kind === 'put' ? made : gatewayIdOf(catalog, ids);
}
