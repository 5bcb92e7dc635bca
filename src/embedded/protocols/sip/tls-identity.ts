import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'

export interface TlsFiles {
  /** PEM: our certificate, and behind it those between it and the root. */
  readonly certificateFile: string
  /** PEM: the private key. */
  readonly keyFile: string
  /** PEM: whose certificates are believed when we call others. Absent: those that Node.js comes with. */
  readonly caFile?: string
}

/** How often the files are looked at: certificates are renewed weeks before their end. */
const LOOK_MS = 10_000

/** Who we are over TLS. A certificate that was renewed is taken without a restart; one that cannot be read leaves the one before in force. */
export class TlsIdentity {
  readonly #files: TlsFiles
  readonly #watched: readonly string[]
  #context: SecureContext

  /** @throws Error one line that names the file */
  constructor(files: TlsFiles, log: (line: string) => void) {
    this.#files = files
    this.#context = contextOf(files)
    this.#watched = [...new Set([files.certificateFile, files.keyFile, ...(files.caFile === undefined ? [] : [files.caFile])])]
    for (const file of this.#watched) watchFile(file, { interval: LOOK_MS, persistent: false }, () => this.#reload(log))
  }

  /** For the next connection, in either direction. */
  get context(): SecureContext {
    return this.#context
  }

  #reload(log: (line: string) => void): void {
    try {
      this.#context = contextOf(this.#files)
      log(`TLS: the certificate in ${this.#files.certificateFile} was read again and is in force`)
    } catch (error) {
      log(`TLS: ${error instanceof Error ? error.message : String(error)}; the certificate from before stays in force`)
    }
  }

  close(): void {
    for (const file of this.#watched) unwatchFile(file)
  }
}

function contextOf({ certificateFile, keyFile, caFile }: TlsFiles): SecureContext {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file)
    } catch (error) {
      throw new Error(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, { cause: error })
    }
  }
  const [cert, key, ca] = [read(certificateFile), read(keyFile), caFile === undefined ? undefined : read(caFile)]
  try {
    return createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' })
  } catch (error) {
    throw new Error(
      `${certificateFile} and ${keyFile} are no certificate with its key: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}
