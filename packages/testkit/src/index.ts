/** What tests share. Only tests import this package. */
export * from './price-oracle.ts';
export * from './running-product.ts';
