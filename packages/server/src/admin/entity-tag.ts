/** Entity tags of answers (RFC 9110, section 8.8.3). */

/** Whether a caller has an answer already, by the tags that it names (RFC 9110, 13.1.2). */
export function isKnown(named: string | undefined, etag: string | undefined): boolean {
  if (named === undefined || etag === undefined) return false;
  const tags = named.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag.replace(/^W\//, ''));
}
