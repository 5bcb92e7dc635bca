/** An MP3 that grows under a name of its own. It is written and read at once: for a thread that carries no calls. All errors are the file system's. */
export interface Part {
  /** Bytes at the beginning that are kept for the tag. */
  readonly tagBytes: number
  /** Of the MP3, what should be on the disk: how long it is, and the CRC-32 of what is behind the tag. */
  readonly written: { readonly bytes: number; readonly tagBytes: number; readonly checksum: number }
  append(data: Uint8Array): void
  /** Writes the tag, and waits until all of it is on the disk. @param tag at most `tagBytes` long */
  complete(tag: Uint8Array): Promise<void>
  /** Reads the MP3 from the disk, once it is complete. @throws also where what lies there is not what was sealed */
  read(): PartReader
  /** Gives it its final name, whose folder is made where it is missing. @returns the folders that have to be flushed before the name is on the disk */
  rename(to: string): readonly string[]
  /** Never throws: what cannot be deleted now is at the next start. */
  remove(): void
}

export interface PartReader {
  readonly size: number
  /** Fills the buffer from there on. @returns bytes read; fewer only at the end */
  read(into: Buffer, at: number): number
  close(): void
}
