import { EmbeddedSwitch } from '../../src/embedded/embedded-switch.js'
import type { DrachtioSettings, EmbeddedSwitchAddresses, FreeswitchSettings } from '../../src/embedded/settings.js'

export interface SwitchUnderTest {
  readonly embedded: EmbeddedSwitch
  readonly where: EmbeddedSwitchAddresses
  /** `127.0.0.1:<port>` of the SIP side. */
  readonly sip: string
}

/** The embedded switch on free ports, in this process. */
export async function startSwitch(
  more: {
    readonly drachtio?: Partial<DrachtioSettings>
    readonly freeswitch?: Partial<FreeswitchSettings>
    readonly log?: (line: string) => void
  } = {},
): Promise<SwitchUnderTest> {
  const embedded = new EmbeddedSwitch(
    {
      drachtio: {
        sip: [{ address: '127.0.0.1', port: 0, protocols: ['udp', 'tcp'] }],
        app: { address: '127.0.0.1', port: 0 },
        secret: 'cymru',
        ...more.drachtio,
      },
      freeswitch: {
        sip: { address: '127.0.0.1', port: 0 },
        eventSocket: { address: '127.0.0.1', port: 0 },
        password: 'ClueCon',
        rtp: { address: '127.0.0.1', firstPort: 0, lastPort: 0 },
        ...more.freeswitch,
      },
    },
    more.log,
  )
  const where = await embedded.start()
  const udp = where.drachtio.sip.find(({ protocol }) => protocol === 'udp') ?? where.drachtio.sip[0]!
  return { embedded, where, sip: `${udp.address}:${udp.port}` }
}
