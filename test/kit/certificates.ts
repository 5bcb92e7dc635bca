// Required by the certificate package.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator, type X509Certificate } from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000

/** A certificate authority for one test. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  readonly caFile = join(this.folder, 'ca.pem')

  private constructor(
    readonly certificate: X509Certificate,
    readonly keys: webcrypto.CryptoKeyPair,
  ) {
    writeFileSync(this.caFile, certificate.toString('pem'))
  }

  static async make(): Promise<Authority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const certificate = await X509CertificateGenerator.createSelfSigned(
      { name: 'CN=An authority for tests', keys, ...validity(), extensions: [new BasicConstraintsExtension(true, 0, true)] },
      webcrypto,
    )
    return new Authority(certificate, keys)
  }

  /** @param names DNS names and IP addresses. @returns files with the certificate and its key */
  async certify(file: string, ...names: string[]): Promise<{ readonly certificateFile: string; readonly keyFile: string }> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const certificate = await X509CertificateGenerator.create(
      {
        subject: `CN=${names[0] ?? 'nobody'}`,
        issuer: this.certificate.subject,
        publicKey: keys.publicKey,
        signingKey: this.keys.privateKey,
        ...validity(),
        extensions: [new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })))],
      },
      webcrypto,
    )
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
    const [certificateFile, keyFile] = [join(this.folder, `${file}.pem`), join(this.folder, `${file}.key`)]
    writeFileSync(certificateFile, certificate.toString('pem'))
    writeFileSync(keyFile, `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`)
    return { certificateFile, keyFile }
  }
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) }
}
