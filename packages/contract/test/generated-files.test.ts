/** The files that follow from the table. That they are current is compared in the check. */
import { expect, it } from 'vitest';
import { ERROR_CODES } from '../src/errors.ts';
import { generatedFiles } from '../src/generated-files.ts';
import { openApi } from '../src/openapi.ts';
import { OPERATION_NAMES, operation } from '../src/operations.ts';

const files = generatedFiles();

it('are the document, and pages with every operation and every code', () => {
  expect(JSON.parse(files['docs/reference/openapi.json'] ?? '')).toEqual(openApi());
  for (const name of OPERATION_NAMES) {
    const { method, path } = operation(name);
    expect(files['docs/reference/management-api.md']).toContain(`\`${method} ${path}\``);
  }
  for (const code of ERROR_CODES) {
    expect(files['docs/reference/errors.md']).toContain(`| \`${code}\` |`);
  }
});

it('end with a line end, as every file does', () => {
  for (const content of Object.values(files)) expect(content).toMatch(/[^\n]\n$/);
});
