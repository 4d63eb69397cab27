/**
 * Where entries are copied to before they leave the ledger: runs of lines, one run after the other
 * for each writer, each named by the sequence it begins with.
 */
export interface EntryArchive {
  /** The lines of the run that begins there, or undefined when none is durable. */
  read(writerId: string, first: number): AsyncIterable<string> | undefined;
  /**
   * Makes a run durable: all of it or nothing, also when `lines` throws. False when there is one
   * already that begins there; it is left as it is.
   */
  write(writerId: string, first: number, lines: AsyncIterable<string>): Promise<boolean>;
  /** What a run is called, for people. */
  nameOf(writerId: string, first: number): string;
}
