/** Writes and conditions of the port in the words of DynamoDB. */
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Condition, Item, ItemKey, Write } from './items.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

interface Expression {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, number>;
}

/** One part of a transaction. What stands in the way is to come back with the refusal. */
export function transactItem(table: string, write: Write): TransactItem {
  const rest = {
    TableName: table,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
  if (write.op === 'check') {
    return { ConditionCheck: { ...rest, Key: keyOf(write.key), ...expressionOf(write.condition) } };
  }
  const condition = write.condition === undefined ? {} : expressionOf(write.condition);
  return write.op === 'put'
    ? { Put: { ...rest, Item: attributesOf(write.item), ...condition } }
    : { Delete: { ...rest, Key: keyOf(write.key), ...condition } };
}

/** The key alone, whatever else is in the object. */
export const keyOf = ({ pk, sk }: ItemKey): { pk: string; sk: string } => ({ pk, sk });

/** As the library wants it. */
export const attributesOf = (item: Item): Record<string, unknown> => ({ ...item });

function expressionOf(condition: Condition): Expression {
  switch (condition.kind) {
    case 'absent':
      return {
        ConditionExpression: 'attribute_not_exists(#pk)',
        ExpressionAttributeNames: { '#pk': 'pk' },
      };
    case 'version':
      return {
        ConditionExpression: '#v = :v',
        ExpressionAttributeNames: { '#v': 'v' },
        ExpressionAttributeValues: { ':v': condition.v },
      };
    case 'unfenced':
      return {
        ConditionExpression:
          '#epoch = :epoch AND attribute_not_exists(#fenced) AND ' +
          '(attribute_not_exists(#must_know) OR #must_know <= :known)',
        ExpressionAttributeNames: {
          '#epoch': 'epoch',
          '#fenced': 'fenced',
          '#must_know': 'must_know',
        },
        ExpressionAttributeValues: { ':epoch': condition.epoch, ':known': condition.known },
      };
  }
}
