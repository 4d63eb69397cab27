/** The engines by name. */
import type { MakeEngine } from './engine.ts';
import { dynamoEngine } from './dynamo-engine.ts';
import { leasedMemoryEngine, memoryEngine } from './memory-engine.ts';

const ENGINES: Readonly<Record<string, MakeEngine>> = {
  dynamodb: dynamoEngine(),
  memory: memoryEngine,
  'leased-memory': leasedMemoryEngine,
};

/** Throws for a name that there is not. */
export function engineNamed(name: string): MakeEngine {
  const engine = ENGINES[name];
  if (engine === undefined) {
    throw new Error(`There is no engine ${name}; there are ${Object.keys(ENGINES).join(', ')}.`);
  }
  return engine;
}
