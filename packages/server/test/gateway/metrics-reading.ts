/** Figures of a running product as its own `/metrics` tells them. */
import type { RunningProduct } from '@tollkeeper/testkit';

/** Sum of all series of a metric whose labels contain `label`; 0 when there is none yet. */
export async function counterOf(
  product: Pick<RunningProduct, 'endpoint' | 'provisioningKey'>,
  name: string,
  label = '',
): Promise<number> {
  let sum = 0;
  for (const line of (await metricsText(product)).split('\n')) {
    const found = /^([a-z_]+)(\{[^}]*\})? (\S+)$/.exec(line);
    if (found?.[1] === name && (found[2] ?? '').includes(label)) sum += Number(found[3]);
  }
  return sum;
}

/** Everything that `/metrics` tells. */
export async function metricsText(
  product: Pick<RunningProduct, 'endpoint' | 'provisioningKey'>,
): Promise<string> {
  const headers = { 'x-api-key': product.provisioningKey };
  const answer = await fetch(`${product.endpoint}/metrics`, { headers });
  if (answer.status !== 200) throw new Error(`/metrics answers ${answer.status}`);
  return answer.text();
}
