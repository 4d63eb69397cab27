/** The first bytes of images, in base64, written down from the formats. */

/** A PNG of a size: signature, then the IHDR chunk. */
export function pngOf(width: number, height: number): string {
  const bytes = Buffer.alloc(33);
  bytes.write('89504e470d0a1a0a0000000d49484452', 0, 'hex');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString('base64');
}

/** A JPEG of a size: an APP0 segment of `padding` bytes, tables, then the frame. */
export function jpegOf(width: number, height: number, padding = 16): string {
  const app = Buffer.alloc(2 + padding);
  app.writeUInt16BE(0xffe0, 0);
  app.writeUInt16BE(padding, 2);
  const tables = Buffer.from('ffc4000411ff', 'hex');
  const frame = Buffer.from('ffc2001108000000000301110002110103', 'hex');
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([Buffer.from('ffd8', 'hex'), app, tables, frame]).toString('base64');
}
