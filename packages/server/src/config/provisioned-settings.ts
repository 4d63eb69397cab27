/** Settings of what people make in the operator's AWS account: names, tags, confirmations. */
import { text, whole, yesNo } from './setting-kinds.ts';

const TAG = /^[a-zA-Z0-9 ._:/=+@-]{1,256}$/;
const TAG_RULE = '1 to 256 letters, digits, spaces and . _ : / = + @ -';

export const provisionedThroughput = {
  provisionedNamePrefix: text({
    default: 'tollkeeper',
    pattern: /^(?:[0-9a-zA-Z][_-]?){0,20}[0-9a-zA-Z]$/,
    expects: 'at most 21 letters and digits with single dashes and underscores between them',
    description:
      'What names of provisioned throughput begin with that nobody chose: `<prefix>-pmt-<time>`.',
  }),
  provisionedCreatedBy: text({
    default: 'Tollkeeper',
    pattern: TAG,
    expects: TAG_RULE,
    description: 'Value of the tag `CreatedBy` of everything that is made in the AWS account.',
  }),
  provisionedSource: text({
    default: 'tollkeeper-super-action',
    pattern: TAG,
    expects: TAG_RULE,
    description: 'Value of the tag `Source` of everything that is made in the AWS account.',
  }),
  confirmCommitments: yesNo({
    default: true,
    demo: false,
    description:
      'Buy a commitment of a month or more only when the request is repeated with a token that ' +
      'came with its price.',
  }),
  confirmationSeconds: whole<number>({
    default: 600,
    min: 10,
    max: 86_400,
    description: 'How long such a token is good.',
  }),
} as const;
