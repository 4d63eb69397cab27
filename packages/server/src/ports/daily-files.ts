/** Where the figures of each day are put for people and spreadsheets: one file a day. */
export interface DailyFiles {
  /** Replaces the file of a UTC day (`YYYY-MM-DD`) as a whole; durable when it resolves. */
  write(day: string, text: string): Promise<void>;
}
