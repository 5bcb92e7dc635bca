import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const cipher = 'aes-128-ecb'
const zeros = 8

/**
 * Ids of telephones in the API. Telephone numbers are few enough to be guessed from a hash, and serial numbers tell how many there are:
 * so an id is the database's row number, encrypted as one block of AES. A new key at every start: an old page clears no telephone by mistake.
 */
export class TargetIds {
  readonly #key = randomBytes(16)

  /** @param row whole number of the row. @returns 22 letters, digits, `-` and `_` */
  idOf(row: number): string {
    const block = Buffer.alloc(16)
    block.writeBigUInt64BE(BigInt(row), zeros)
    return createCipheriv(cipher, this.#key, null).setAutoPadding(false).update(block).toString('base64url')
  }

  /** @returns undefined for an id not issued since the start */
  rowOf(id: string): number | undefined {
    const block = Buffer.from(id, 'base64url')
    if (block.length !== 16) return undefined
    const plain = createDecipheriv(cipher, this.#key, null).setAutoPadding(false).update(block)
    return plain.readBigUInt64BE(0) === 0n ? Number(plain.readBigUInt64BE(zeros)) : undefined
  }
}
