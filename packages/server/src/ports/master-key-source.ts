/** Where the master keys come from: a place outside the store. */
export interface MasterKeySource {
  /** What to call it in messages, such as `The file of master keys /etc/tollkeeper/master-key`. */
  readonly name: string;
  /** The keys as they are written down. Undefined: there are none yet. Throws when unreadable. */
  read(): string | undefined;
  /**
   * Writes the first key down for its owner alone. False: somebody else has by now. Throws when it
   * cannot.
   */
  create(text: string): boolean;
}
