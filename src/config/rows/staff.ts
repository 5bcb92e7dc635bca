import type { ProviderSetting } from '../../accounts/open-id-provider.js'
import { defaultPushServices } from '../../outbox/push/address.js'
import { defaultSecondFactorRoles, roleNames } from '../../accounts/roles.js'
import { readProviderList, readProviderText } from '../sign-in-providers.js'
import { optional, oneOf, secondFactorRoles, webSocketUrl, iceServers, smtpUrl, mailbox, pushContact, pushServices } from '../parsers.js'
import { row, type SettingRow } from '../setting-row.js'

/** How staff call from the browser, get messages and sign in. */
export const staffRows = {
  browserCalls: row(
    'browser.calls',
    'RINGROUND_BROWSER_CALLS',
    'true',
    '`true`: signed-in clinicians may call from the browser, and be rung there; `false`: they may not (docs/browser-calling.md)',
    oneOf('true', 'false'),
  ),
  browserOpus: row(
    'browser.opus',
    'RINGROUND_BROWSER_OPUS',
    'false',
    '`true`: browsers speak Opus, which goes through untouched from one browser to another (embedded switch); `false`: only PCMU and PCMA, which takes less CPU time',
    oneOf('true', 'false'),
  ),
  browserSip: row(
    'browser.sip',
    'RINGROUND_BROWSER_SIP',
    '',
    'Where drachtio-server takes SIP over WebSocket, `ws://host:port`: browsers reach it through the pages. Empty: the embedded switch; with `drachtio.addresses` nobody calls from the browser',
    webSocketUrl,
  ),
  browserIceServers: row(
    'browser.iceServers',
    'RINGROUND_ICE_SERVERS',
    '',
    'STUN and TURN servers that browsers use, `stun:host:port` and `turns:host:443?transport=tcp` by commas',
    iceServers,
  ),
  browserTurnSecret: row(
    'browser.turnSecret',
    'RINGROUND_TURN_SECRET',
    '',
    'Secret shared with the TURN servers (coturn: `static-auth-secret`), used to make passwords for one session',
    optional,
    { secret: true },
  ),
  mailSmtp: row(
    'mail.smtp',
    'RINGROUND_MAIL_SMTP',
    '',
    'Mail server for messages to staff, `smtp://user:password@host:587` or `smtps://host:465`; empty: none are sent, and administrators pass links on (docs/outbox.md)',
    smtpUrl,
    { secret: true },
  ),
  mailFrom: row('mail.from', 'RINGROUND_MAIL_FROM', '', 'Sender of the messages: `Ringround <advice@example.nhs.uk>`', mailbox),
  pushContact: row(
    'push.contact',
    'RINGROUND_PUSH_CONTACT',
    '',
    'Contact for the operators of push services, `mailto:advice@example.nhs.uk` or `https://…`; it lets clinicians get notifications in their browsers (docs/pocket.md). Empty: no notifications',
    pushContact,
  ),
  pushServices: row(
    'push.services',
    'RINGROUND_PUSH_SERVICES',
    defaultPushServices.join(', '),
    'Hosts of the push services that the engine may post to, `*.` for any subdomain. Nothing is posted elsewhere',
    pushServices,
  ),
  signInProviders: row(
    'signIn.providers',
    'RINGROUND_SIGN_IN_PROVIDERS',
    '',
    'Sign-in providers for accounts elsewhere (NHS CIS2, Entra ID, OpenID Connect): in the file a list, in the environment the same as JSON (docs/accounts.md)',
    (value): readonly ProviderSetting[] => readProviderText(value),
    { parseList: readProviderList, secret: true },
  ),
  secondFactorFor: row(
    'signIn.secondFactorFor',
    'RINGROUND_SECOND_FACTOR_FOR',
    defaultSecondFactorRoles.join(', '),
    `Roles that require a second factor; people who sign in without one set it up before anything else. Of these, separated by commas: ${roleNames.map((role) => `\`${role}\``).join(', ')}; or \`none\``,
    secondFactorRoles,
  ),
} as const satisfies Record<string, SettingRow<unknown>>
