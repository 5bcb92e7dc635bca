import { monthBars } from '../charts.js'
import { view, type Site } from '../site.js'

/** `/design`: our own components with every state, which is also what the tests look at. A component adds its file to `templates/design`, and its name here. */
export const designs = ['header', 'notices', 'forms', 'tables', 'figures', 'arranging', 'alarms', 'secrets'] as const

/** What a template cannot draw. */
const drawn = {
  chart: monthBars([{ label: 'Jan 26', answered: 310, notAnswered: 42 }, { label: 'Feb 26', answered: 0, notAnswered: 0 }, { label: 'Mar 26', answered: 402, notAnswered: 0 }, { label: 'Apr 26', answered: 0, notAnswered: 12 }], 'Calls offered and answered, January to April 2026'),
}

export function designPages(site: Site): void {
  site.get('/design', 'signedIn', () => view('design.njk', 'Components', { designs, ...drawn }))
  site.get('/accessibility', 'anyone', () => view('accessibility.njk', 'Accessibility statement'))
}
