import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fine, look, wrong, type Finding } from './finding.js'

const timeoutMs = 3_000

/** The operating system's clock status; undefined: unknown. */
export type ClockState = 'synchronized' | 'notSynchronized' | undefined

/** Whether this machine's clock is synchronised. Rotas, hours and records depend on it. */
export async function clockSync(ask: () => Promise<ClockState> = askSystem, now = new Date()): Promise<Finding> {
  if (now.getUTCFullYear() < 2025) return wrong(`the clock says ${now.toISOString()}`, 'set it, and let it be set by NTP')
  const state = await ask()
  if (state === 'synchronized') return fine('the clock is set by NTP')
  if (state === 'notSynchronized')
    return look('the clock is not set by NTP', 'install chrony or switch on systemd-timesyncd: rotas and opening hours go by this clock')
  return look('no way to tell from here whether the clock is set by NTP', 'check on the machine itself (in a container: on its host)')
}

async function askSystem(): Promise<ClockState> {
  if (existsSync('/run/systemd/timesync/synchronized')) return 'synchronized'
  const told = (await run('timedatectl', ['show', '-p', 'NTPSynchronized', '--value']))?.trim()
  if (told === 'yes') return 'synchronized'
  if (told === 'no') return 'notSynchronized'
  const chrony = await run('chronyc', ['-c', 'tracking'])
  if (chrony === undefined) return undefined
  return chrony.trim().endsWith('Normal') ? 'synchronized' : 'notSynchronized'
}

function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: timeoutMs }, (error, out) => resolve(error === null ? out : undefined))
  })
}
