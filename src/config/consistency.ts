import { isIP } from 'node:net'
import type { Settings } from './settings.js'
import { SettingsError } from './settings-error.js'

/** Checks settings that are each valid, but contradict each other. @throws SettingsError */
export function checkTogether(settings: Settings): void {
  for (const everywhere of settings.sipAddresses.filter((each) => /^(0\.0\.0\.0|::)$/.test(each))) {
    if (settings.sipExternalAddresses.some((each) => isIP(each) === isIP(everywhere))) continue
    throw new SettingsError(
      `sip.address is ${everywhere}: phones need an address to answer to; give it as sip.externalAddress (RINGROUND_SIP_EXTERNAL_ADDRESS).`,
    )
  }
  if ((settings.tlsCertificate === undefined) !== (settings.tlsKey === undefined))
    throw new SettingsError(
      'tls.certificate and tls.key belong together: set both (RINGROUND_TLS_CERTIFICATE, RINGROUND_TLS_KEY), or neither.',
    )
  for (const [key, wanted] of [
    ['sip.tlsPort', settings.sipTlsPort],
    ['sip.wssPort', settings.sipWssPort],
  ] as const) {
    if (wanted !== undefined && settings.tlsCertificate === undefined)
      throw new SettingsError(
        `${key} is set and tls.certificate is not: name the files with a certificate and its key (RINGROUND_TLS_CERTIFICATE, RINGROUND_TLS_KEY).`,
      )
  }
  const secureTrunk = settings.trunks.find((trunk) => /;transport=tls$/.test(trunk.address))
  if (secureTrunk !== undefined && settings.sipTlsPort === undefined && settings.drachtio.length === 0)
    throw new SettingsError(
      `the trunk "${secureTrunk.name}" is called over TLS and sip.tlsPort is not set: it needs a port and a certificate of ours (RINGROUND_SIP_TLS_PORT).`,
    )
  if (settings.rtpTo < settings.rtpFrom + 3)
    throw new SettingsError(`rtp.from ${settings.rtpFrom} to rtp.to ${settings.rtpTo}: a call needs four ports; make the range larger.`)
  if (settings.drachtio.length > 0 && settings.freeswitch.length === 0)
    throw new SettingsError(
      'drachtio.addresses is set and freeswitch.addresses is not: name the event socket of a FreeSWITCH as well (RINGROUND_FREESWITCH).',
    )
  if (settings.browserTurnSecret === undefined && settings.browserIceServers.some((uri) => uri.startsWith('turn')))
    throw new SettingsError(
      'browser.iceServers has a TURN server and browser.turnSecret is empty: nobody would be let in there (RINGROUND_TURN_SECRET).',
    )
  if (settings.freeswitch.length > 0 && settings.drachtio.length === 0)
    throw new SettingsError(
      'freeswitch.addresses is set and drachtio.addresses is not: name the application port of a drachtio-server as well (RINGROUND_DRACHTIO).',
    )
  if (settings.masterKey !== undefined && (settings.masterKeyCommand !== undefined || settings.masterKeyFile !== undefined)) {
    throw new SettingsError(
      'keys.master is set, and keys.masterFile or keys.masterCommand as well: the master key comes from one place; leave one of them empty.',
    )
  }
  if (settings.masterKeyCommand !== undefined && settings.masterKeyFile === undefined) {
    throw new SettingsError(
      'keys.masterCommand is set and keys.masterFile is not: name the file with the wrapped key that the command is given (RINGROUND_MASTER_KEY_FILE).',
    )
  }
  if ((settings.mailSmtp === undefined) !== (settings.mailFrom === undefined))
    throw new SettingsError('mail.smtp and mail.from belong together: set both (RINGROUND_MAIL_SMTP, RINGROUND_MAIL_FROM), or neither.')
  checkSecrets(settings)
}

/** The servers' default secrets. */
const installedSecrets = { drachtio: 'cymru', freeswitch: 'ClueCon' } as const

/** An attacker who controls these servers can dial at our cost, listen and record: a public default is no secret. */
function checkSecrets(settings: Settings): void {
  if (settings.drachtio.length === 0) return
  const asked = [
    {
      key: 'drachtio.secret',
      env: 'RINGROUND_DRACHTIO_SECRET',
      secret: settings.drachtioSecret,
      installed: installedSecrets.drachtio,
      where: '<admin secret="..."> in drachtio.conf.xml',
    },
    {
      key: 'freeswitch.secret',
      env: 'RINGROUND_FREESWITCH_SECRET',
      secret: settings.freeswitchSecret,
      installed: installedSecrets.freeswitch,
      where: '"password" in event_socket.conf.xml',
    },
  ]
  const problems = asked.flatMap(({ key, env, secret, installed, where }) => {
    if (secret === '') return [`${key} is not set: give the secret of your servers (${env}; ${where}).`]
    if (secret !== installed || settings.allowDefaultSecrets === 'yes') return []
    return [
      `${key} is "${installed}", the default that the server was installed with, which anyone can look up: change it there (${where}) and here (${env}), or set servers.allowDefaultSecrets: yes.`,
    ]
  })
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
}
