/** The policies for DynamoDB allow what is asked of it, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCES = join(import.meta.dirname, '../../../src/adapters/dynamodb');
const POLICIES = join(import.meta.dirname, '../../../../../deploy/iam');
const GUIDE = join(import.meta.dirname, '../../../../../docs/dynamodb.md');

/** By the service's names; a transaction needs the rights of its parts, which follow. */
const TRANSACTIONS = ['TransactWrite', 'TransactWriteItems'];
const NAMES: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  BatchGet: 'BatchGetItem',
  BatchWrite: 'BatchWriteItem',
};

/** What these sources ask of DynamoDB. */
function actionsOf(files: readonly string[]): Set<string> {
  const text = files.map((file) => readFileSync(join(SOURCES, file), 'utf8')).join('\n');
  const commands = [...text.matchAll(/new (\w+)Command\(/g)].map(([, name = '']) => name);
  const written = text.matchAll(/\{ (Put|Update|Delete|ConditionCheck): \{/g);
  const parts = [...written].map(([, name]) => name);
  const names = [...commands, ...parts].filter((name) => !TRANSACTIONS.includes(name ?? ''));
  return new Set(names.map((name = '') => `dynamodb:${NAMES[name] ?? name}`));
}

function policy(name: string): { Action: string[]; Resource: string } {
  const { Statement } = JSON.parse(readFileSync(join(POLICIES, name), 'utf8')) as {
    Statement: [{ Action: string[]; Resource: string }];
  };
  expect(Statement).toHaveLength(1);
  return Statement[0];
}

test('the policies have the rights that are used, on this table, and the guide names them', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const gateway = policy('dynamodb-gateway.json');
  const table = policy('dynamodb-table.json');
  const ofItems = actionsOf(files.filter((file) => file !== join('items', 'table.ts')));
  expect(ofItems.size).toBeGreaterThan(5);
  expect(new Set(gateway.Action)).toEqual(ofItems);
  expect(new Set(table.Action)).toEqual(actionsOf(files));
  for (const { Resource } of [gateway, table]) {
    expect(Resource).toBe('arn:aws:dynamodb:REGION:ACCOUNT_ID:table/PREFIXtollkeeper');
  }
  const rights = /## Rights\n([^]*?)\n## /.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? '';
  const said = [...rights.matchAll(/`(?:dynamodb:)?([A-Z]\w*[a-z]\w*)`/g)].map(
    ([, name = '']) => `dynamodb:${name}`,
  );
  expect(new Set(said)).toEqual(new Set(table.Action));
});
