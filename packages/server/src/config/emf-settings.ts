/** Settings of the CloudWatch metrics that are told in the log. */
import { choice, text } from './setting-kinds.ts';

export const emf = {
  emfMetrics: choice({
    default: 'apportioning',
    values: ['off', 'apportioning', 'all'],
    description:
      'Which calls are told as CloudWatch metrics (`InputTokensUsed`, `InputTokensCost`, ' +
      '`OutputTokensUsed`, `OutputTokensCost` by `ModelId` and `PrincipalId`), one line of the ' +
      'embedded metric format each, on the standard error: those through the apportioning door, ' +
      'or `all`.',
  }),
  emfNamespace: text({
    default: 'BedrockCostApportionment',
    pattern: /^(?!AWS\/)[A-Za-z0-9._/#-]{1,255}$/,
    expects: 'a CloudWatch namespace of letters, digits and . _ / # -, not one of AWS',
    description: 'The CloudWatch namespace of these metrics.',
  }),
} as const;
