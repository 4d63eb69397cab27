/** The store of rate limits in memory keeps every promise of the port. */
import { memoryRates } from '../../../src/adapters/memory/rates.ts';
import { rateConformance } from '../rate-conformance.ts';

rateConformance(memoryRates);
