/** An MP3 that grows under a name of its own. It is written and read synchronously: for a thread that carries no calls. All errors are the file system's. */
export interface Part {
  /** Bytes at the beginning that are kept for the tag. */
  readonly tagBytes: number
  /** What should be on the disk: length of the MP3, and the CRC-32 of what follows the tag. */
  readonly written: { readonly bytes: number; readonly tagBytes: number; readonly checksum: number }
  append(data: Uint8Array): void
  /** Writes the tag, and waits until all of it is on the disk. @param tag at most `tagBytes` long */
  complete(tag: Uint8Array): Promise<void>
  /** Reads the MP3 from the disk, once it is complete. @throws also where the file is not as it was sealed */
  read(): PartReader
  /** Gives it its final name, making its folder if missing. @returns the folders to flush before the name is on the disk */
  rename(to: string): readonly string[]
  /** Never throws: a file that cannot be deleted now is deleted at the next start. */
  remove(): void
}

export interface PartReader {
  readonly size: number
  /** Fills the buffer from there on. @returns bytes read; fewer only at the end */
  read(into: Buffer, at: number): number
  close(): void
}
