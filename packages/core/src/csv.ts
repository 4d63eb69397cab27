/** Cells of comma-separated values (RFC 4180) for programs and for spreadsheets. */

/** What has to stand in quotes; some readers part cells by semicolons or tabs. */
const PARTS = /[",;\t\r\n]/;

/**
 * What a spreadsheet would run instead of showing. Names come from others: what begins like a
 * formula and can call something is one. Signed figures are none.
 */
const FORMULA = /^(?:[=@\t\r]|[+-].*[(|!])/s;

/** A text as a cell: quoted where that is needed, a formula behind an apostrophe. */
export function csvCell(text: string): string {
  const shown = FORMULA.test(text) ? `'${text}` : text;
  return PARTS.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
