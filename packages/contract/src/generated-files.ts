/** Files that follow from the table. They are committed, and the check compares them with this. */
import { ERROR_CODES, ERRORS } from './errors.ts';
import { openApi } from './openapi.ts';
import { OPERATION_NAMES, operation } from './operations.ts';

/** Content by path from the root of the repository. */
export function generatedFiles(): Record<string, string> {
  return {
    'docs/reference/openapi.json': `${JSON.stringify(openApi(), null, 2)}\n`,
    'docs/reference/management-api.md': managementApi(),
    'docs/reference/errors.md': errors(),
  };
}

function managementApi(): string {
  const rows = OPERATION_NAMES.map((name) => {
    const { method, path, access, summary, command } = operation(name);
    const called = [command?.noun, command?.verb].filter((word) => typeof word === 'string');
    const words = called.length === 0 ? '' : `\`${called.join(' ')}\``;
    return `| \`${method} ${path}\` | ${access.replace('_', ' ')} | ${words} | ${summary} |`;
  });
  return [
    '# The management API',
    '',
    'Generated from `packages/contract`. The schemas are in `openapi.json`, which the gateway also',
    'serves at `/openapi.json`. Send the provisioning key or an API key as `X-API-Key`, or as a',
    'bearer token. `access` says which: `usage` is the provisioning key, or an API key within its',
    'scopes. An optional member of a body that is null counts as left out.',
    '',
    '| operation | access | command | what it does |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function errors(): string {
  return [
    '# Errors of the management API',
    '',
    'Generated from `packages/contract`. Every error answer has this body; `details` is for',
    'programs, and `request_id` finds the request in the log:',
    '',
    '```json',
    '{',
    '  "error": "NOT_FOUND",',
    '  "message": "...",',
    '  "details": {},',
    '  "timestamp": "2026-11-22T14:33:00.000Z",',
    '  "request_id": "..."',
    '}',
    '```',
    '',
    '| code | status | meaning |',
    '|---|---|---|',
    ...ERROR_CODES.map((code) => {
      const { status, summary } = ERRORS[code];
      return `| \`${code}\` | ${status} | ${summary} |`;
    }),
    '',
  ].join('\n');
}
