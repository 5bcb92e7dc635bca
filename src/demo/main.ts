/**
 * The simulated phones of `npm run demo`: a GP who rings now and again, and every specialist of the directory whose address is on this machine.
 * Started by the engine with its settings as JSON in `RINGROUND_DEMO`; ends with it.
 */
import { numberUse } from '../directory/dialled-number.js'
import { lineChoices } from '../directory/access.js'
import { loadDirectory } from '../directory/load-directory.js'
import type { Directory } from '../directory/model.js'
import { Phone } from '../phones/phone.js'
import { endWithParent } from '../processes/end-with-parent.js'
import { behave } from '../phones/temperament.js'
import { cast } from './cast.js'
import type { DemoSettings } from './demo-settings.js'

const second = 1_000
/** Between the end of one call of the GP and the beginning of the next. */
const pauseMs = 8 * second
/** How long the phones may take to hang up when the engine has gone. */
const closeWithinMs = 2 * second
/** A GP does not wait longer than this. */
const patienceMs = 150 * second

function say(line: string): void {
  process.stdout.write(`demo: ${line}\n`)
}

function fail(line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

const phones: Phone[] = []
let stopped = false

endWithParent(() => {
  stopped = true
  void Promise.all(phones.map((phone) => phone.close())).then(() => process.exit(0))
}, closeWithinMs)

const { sip, directoryFile, network } = JSON.parse(process.env.RINGROUND_DEMO ?? 'null') as DemoSettings
const parsed = await loadDirectory(directoryFile)
if (!parsed.ok) fail(`${directoryFile} has errors`)
const { directory } = parsed

for (const part of cast(directory, network)) {
  try {
    const phone = await Phone.open({ name: part.name, user: part.user, address: part.address, port: part.port, toneHz: part.toneHz })
    behave(phone, part.temperament)
    phones.push(phone)
    say(`${part.name} ${part.temperament.name} (sip:${part.user}@${part.address}:${part.port})`)
  } catch {
    fail(`sip:${part.user}@${part.address}:${part.port} of ${directoryFile} is taken by another program, so nobody can play ${part.name}; change the address there, or stop that program`)
  }
}

const gp = await Phone.open({ name: 'Demo GP', user: '01632960401', toneHz: 330 })
phones.push(gp)

/** What the GP can ring now: Dial-In numbers with the keys for one open line each. */
function errands(now: Directory): readonly { readonly number: string; readonly keys: string; readonly line: string }[] {
  const at = Date.now()
  return [...now.numbers.values()].flatMap(({ number }) => {
    const use = numberUse(now, number)
    if (use?.kind !== 'dialIn' || number.startsWith('+')) return []
    const choices = lineChoices(now, use.organisation, at)
    // An organisation with several lines hears a menu, also when one of them alone is open; the only line needs no key.
    return choices.filter(({ opening }) => opening.open).map(({ line }) => ({ number, keys: choices.length === 1 ? '' : line.code, line: line.name }))
  })
}

async function ring(errand: { readonly number: string; readonly keys: string; readonly line: string }): Promise<void> {
  say(`the GP rings ${errand.number} for ${errand.line}`)
  const outcome = await gp.dials(`sip:${errand.number}@${sip.address}:${sip.port}`)
  if (outcome.kind !== 'connected') {
    say(`not answered: ${outcome.kind}`)
    return
  }
  if (errand.keys !== '') {
    await gp.waits(2 * second)
    await gp.presses(errand.keys)
  }
  await gp.isHungUp({ withinMs: patienceMs }).catch(() => gp.hangsUp())
}

async function ringAgainAndAgain(): Promise<void> {
  for (let turn = 0; !stopped; turn += 1) {
    const all = errands(directory)
    const errand = all[turn % all.length]
    if (errand) await ring(errand).catch((trouble: unknown) => say(String(trouble)))
    else if (turn === 0) say('no line is open now, so the GP does not ring')
    await gp.waits(pauseMs)
  }
}

process.send?.('ready')
void ringAgainAndAgain()
