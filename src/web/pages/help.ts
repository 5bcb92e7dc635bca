import { meets } from '../../accounts/identity.js'
import { roleNames, roles, type Need, type RoleName } from '../../accounts/roles.js'
import { view, type Site } from '../site.js'
import { signed } from './account.js'

interface Thing {
  readonly href: string
  readonly text: string
  /** Why or how, in one sentence. */
  readonly how: string
  readonly needs: Need
}

/** The first things to do in a role: the first three of these that the person may do. */
const things: Readonly<Record<RoleName, readonly [Thing, Thing, Thing, ...Thing[]]>> = {
  clinician: [
    {
      href: '/calls',
      text: 'Leave the outcome of your last call',
      how: 'Your own calls without an outcome come first; one tap leaves it.',
      needs: 'calls',
    },
    {
      href: '/patient-connect',
      text: 'Ring a patient',
      how: 'Enter the number. You get a PIN to key from any phone, or we ring you. The patient sees the number of your service, not yours.',
      needs: 'arrangements',
    },
    { href: '/advice-hours', text: 'See how much advice you have given', how: 'By month, as a PDF for your job plan.', needs: 'calls' },
  ],
  rotaKeeper: [
    {
      href: '/watch-list',
      text: 'See which telephones fail',
      how: 'They are rung after the others. Have the number corrected, then take it off the list.',
      needs: 'watchList',
    },
    {
      href: '/rotas',
      text: 'Look at next week',
      how: 'Sessions with nobody are red. Change one date, or every week; you can review changes before they are saved.',
      needs: 'rotas',
    },
    {
      href: '/availability',
      text: 'See who takes no calls now',
      how: 'Say it for someone who asks you to: they are rung last, and come back by themselves.',
      needs: 'availability',
    },
    {
      href: '/account',
      text: 'Set up a second factor',
      how: 'A passkey or a code, so that your password alone is not enough.',
      needs: 'signedIn',
    },
  ],
  operations: [
    {
      href: '/wallboard',
      text: 'Look at the wallboard',
      how: 'Who is on, who is waiting, and how today compares with its targets. "For a screen on a wall" makes it large.',
      needs: 'wallboard',
    },
    { href: '/alarms', text: 'Deal with the alarms', how: 'Each says what is wrong and what to do about it.', needs: 'alarms' },
    { href: '/account', text: 'Get alarms by email', how: 'Under "Messages to you", if email is set up.', needs: 'signedIn' },
  ],
  serviceManager: [
    {
      href: '/summary',
      text: 'Read the summary of the year',
      how: 'Figures by month, line, trust and clinician, and when people call. The page explains each figure.',
      needs: 'reports',
    },
    {
      href: '/calls',
      text: 'Find calls, and export them',
      how: 'Filter by day, line, outcome or clinician; save views; export to Excel or CSV.',
      needs: 'calls',
    },
    {
      href: '/call-backs',
      text: 'See which call-backs are overdue',
      how: 'Start one, change when it is due, or close it.',
      needs: 'arrangements',
    },
  ],
  pidApproved: [
    {
      href: '/account/confirm?next=/account',
      text: 'Confirm that it is you',
      how: 'Your second factor opens what you are approved for, for 15 minutes.',
      needs: 'signedIn',
    },
    { href: '/calls', text: 'Find the call', how: 'You are asked why you are looking; your reason is recorded.', needs: 'calls' },
    { href: '/account', text: 'See how long you are approved for', how: 'Under "Your roles".', needs: 'signedIn' },
  ],
  privacyOfficer: [
    { href: '/audit', text: 'See who looked at what', how: 'By call or by person. Looking is recorded too.', needs: 'audit' },
    {
      href: '/approvals',
      text: 'Approve someone for patient data',
      how: 'Never yourself; with a reason and an end date.',
      needs: 'approvals',
    },
    {
      href: '/account',
      text: 'Set up a second factor',
      how: 'A passkey or a code, so that your password alone is not enough.',
      needs: 'signedIn',
    },
  ],
  administrator: [
    { href: '/people', text: 'Invite your colleagues', how: 'Each gets a link, and the roles that you give them.', needs: 'people' },
    {
      href: '/directory',
      text: 'Look at the directory',
      how: 'Organisations, lines, people and their numbers. You can review changes before they are saved.',
      needs: 'directory',
    },
    { href: '/screens', text: 'Put the wallboard on a wall', how: 'A link for a screen that shows it and nothing else.', needs: 'tokens' },
  ],
}

const browserCalling = 'Calling from the browser'

/** What to do first, by role. People come here after choosing their first password. */
export function helpPages(site: Site): void {
  site.get('/help/browser-calling', 'signedIn', () => view('help-browser-calling.njk', browserCalling))

  site.get('/help', 'signedIn', (asked) => {
    const { identity } = asked
    const { grants, asleep } = signed(asked)
    const has = new Set([...grants, ...asleep].map(({ role }) => role))
    return view('help.njk', 'What you can do here', {
      roles: roleNames
        .filter((role) => has.has(role))
        // A role that needs approval is dormant until confirmed: its help is shown anyway.
        .map((role) => ({
          name: roles[role].name,
          what: roles[role].what,
          things: things[role].filter(({ needs }) => meets(identity, needs) || role === 'pidApproved').slice(0, 3),
        })),
    })
  })
}
