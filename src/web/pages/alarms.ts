import { reachOf } from '../../accounts/identity.js'
import { alarmsWithin } from '../../accounts/reach-of-alarms.js'
import { severities, type Severity } from '../../alarms/alarm-list.js'
import type { AlarmOfEngine } from '../../alarms/alarms-of-all.js'
import { shownAlarm } from '../../alarms/shown-alarms.js'
import type { Directory } from '../../directory/model.js'
import { view, type Site } from '../site.js'

export interface AlarmParts {
  /** Those of all engines, oldest first. */
  readonly alarms: { active(): readonly AlarmOfEngine[] }
  readonly directory: () => Directory
}

const severityWords: Readonly<Record<Severity, { readonly text: string; readonly colour: string; readonly when: string }>> = {
  critical: { text: 'Critical', colour: 'red', when: 'At once, at any hour' },
  major: { text: 'Major', colour: 'orange', when: 'Within the hour' },
  minor: { text: 'Minor', colour: 'yellow', when: 'Today' },
}

/** Every raised alarm that the reader may see, of all engines: how urgent, since when, what it means and what to do. */
export function alarmPages(site: Site, { alarms, directory }: AlarmParts): void {
  site.menu({ href: '/alarms', text: 'Alarms', needs: 'alarms' })

  site.get('/alarms', 'alarms', ({ identity }) => {
    const reach = reachOf(identity, 'alarms')
    const up = alarmsWithin(alarms.active(), reach, directory()).map((one) => ({
      ...shownAlarm(one),
      inWords: severityWords[one.severity],
    }))
    const rows = [...up].sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
    return view('alarms.njk', 'Alarms', { rows, part: !reach.everywhere })
  })
}
