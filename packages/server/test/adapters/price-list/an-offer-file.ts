/** An offer file in AWS's layout: a price of Nova Lite for 1,000 tokens, and an unknown product. */
export function anOfferFile(usd: string) {
  return {
    formatVersion: 'v1.0',
    offerCode: 'AmazonBedrock',
    version: '20261001000000',
    publicationDate: '2026-10-01T00:00:00Z',
    products: {
      S1: product('S1', 'USE1-NovaLite-input-tokens', {
        model: 'Nova Lite',
        inferenceType: 'Input tokens',
        regionCode: 'us-east-1',
      }),
      S2: product('S2', 'USE1-SomethingNew-widgets', {}),
    },
    terms: { OnDemand: { S1: term('S1', '1K tokens', usd), S2: term('S2', 'Widgets', '1') } },
  };
}

function product(sku: string, usagetype: string, attributes: object) {
  const all = { servicecode: 'AmazonBedrock', usagetype, ...attributes };
  return { sku, productFamily: 'Amazon Bedrock', attributes: all };
}

function term(sku: string, unit: string, USD: string) {
  const offerTermCode = 'JRTCKXETXF';
  const rateCode = `${sku}.${offerTermCode}.6YS6EN2CT7`;
  const dimension = { rateCode, unit, beginRange: '0', endRange: 'Inf', pricePerUnit: { USD } };
  const effectiveDate = '2026-10-01T00:00:00Z';
  const priceDimensions = { [rateCode]: dimension };
  return { [`${sku}.${offerTermCode}`]: { sku, offerTermCode, effectiveDate, priceDimensions } };
}
