import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeMediaPort, freePort } from '../e2e/free-ports.js'

/** Whether SIPp is installed here. */
export function sippInstalled(): boolean {
  return spawnSync('sipp', ['-v']).error === undefined
}

/** A phone of the package's test network: its name, its address there, and the scenario that it plays (none: not started). */
export interface PhoneRole {
  readonly name: string
  readonly address: string
  readonly scenario?: string
}

/**
 * The package's SIPp phones on loopback, each on a free port, answering until closed; and its scenarios in a folder
 * for the time of the test, with the addresses of that network replaced.
 */
export class SippPhones {
  readonly #children: ChildProcess[] = []

  private constructor(
    readonly folder: string,
    readonly scenarios: string,
    /** Name or address in the package's test network → `127.0.0.1:<port>`. */
    readonly hosts: Readonly<Record<string, string>>,
  ) {}

  static async start(from: string, roles: readonly PhoneRole[], elsewhere: Readonly<Record<string, string>>): Promise<SippPhones> {
    const ports: number[] = []
    const mediaPorts: number[] = []
    for (let at = 0; at < roles.length; at += 1) {
      ports.push(await freePort())
      mediaPorts.push(await freeMediaPort())
    }
    const hosts: Record<string, string> = { ...elsewhere }
    roles.forEach(({ name, address }, at) => {
      const host = `127.0.0.1:${ports[at] ?? 0}`
      hosts[name] = host
      if (address !== '') hosts[address] = host
    })
    const folder = mkdtempSync(join(tmpdir(), 'ringround-upstream-'))
    const scenarios = join(folder, 'scenarios')
    mkdirSync(scenarios)
    for (const file of readdirSync(from).filter((each) => each.endsWith('.xml'))) {
      let text = readFileSync(join(from, file), 'utf8')
      for (const { address } of roles) {
        const host = hosts[address]
        if (host !== undefined) text = text.replaceAll(`${address}>`, `${host}>`)
      }
      // Not well-formed XML; some releases of SIPp do not read it.
      text = text.replace(/(regexp=")<(.*?)>(")/g, '$1&lt;$2&gt;$3')
      writeFileSync(join(scenarios, file), text)
    }
    const phones = new SippPhones(folder, scenarios, hosts)
    roles.forEach(({ scenario }, at) => {
      if (scenario !== undefined) phones.#play(scenario, ports[at] ?? 0, mediaPorts[at] ?? 0)
    })
    return phones
  }

  #play(scenario: string, port: number, mediaPort: number): void {
    const args = ['-sf', join(this.scenarios, scenario), '-i', '127.0.0.1', '-p', String(port), '-mp', String(mediaPort), '-nostdin']
    this.#children.push(spawn('sipp', args, { cwd: this.folder, stdio: 'ignore' }))
  }

  /** Ends the phones and takes their folder away. */
  async close(): Promise<void> {
    await Promise.all(
      this.#children.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve()
            child.once('close', () => resolve())
            child.kill('SIGKILL')
          }),
      ),
    )
    rmSync(this.folder, { recursive: true, force: true })
  }
}
