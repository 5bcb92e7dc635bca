// Microphone and loudspeaker: the devices, the choice, and a call whose microphone is unplugged.

/**
 * @param trouble shows what is wrong; without a reason it is over
 * @param said called with the words for a change of microphone
 * @param heardBy called with the stream now sent, for the meter
 */
export function beOfDevices({ $, audio, line, trouble, said, heardBy }) {
  let isLost = false
  /** Looking for a microphone. */
  let isLooking = false

  audio.addEventListener('devices', () => {
    void list()
    if (isLost) void look()
  })
  audio.addEventListener('lost', () => {
    if (line.call === undefined) return
    isLost = true
    trouble('microphoneLost')
    void look()
  })
  $('microphone').addEventListener('change', async () => {
    const { call } = line
    if (call === undefined) return void localStorage.setItem('ringround-microphone', $('microphone').value)
    try {
      await speak(call, await audio.chooseMicrophone($('microphone').value))
    } catch (error) {
      trouble(error.name, { words: error.message })
    }
  })
  $('speaker').addEventListener('change', () => void audio.chooseSpeaker($('speaker').value))
  void list()

  async function list() {
    const { microphones, speakers } = await audio.devices()
    options($('microphone'), microphones, audio.microphoneId)
    options($('speaker'), speakers, audio.speakerId)
    $('speaker-group').hidden = !audio.hasSpeakers || speakers.length === 0
  }

  /** Replaces an unplugged one: by another, or by the same once it is back. */
  async function look() {
    const { call } = line
    if (call === undefined || isLooking) return
    isLooking = true
    try {
      const stream = await audio.microphone()
      if (line.call !== call) return audio.release()
      await speak(call, stream)
      said(`On a call. You speak into “${stream.getAudioTracks()[0].label}” now.`)
    } catch {
      // Tries again when the next device is plugged in.
    } finally {
      isLooking = false
    }
  }

  async function speak(call, stream) {
    await call.speakInto(stream)
    isLost = false
    trouble()
    if (call.isUp) heardBy(stream)
  }
}

function options(select, all, chosen) {
  select.replaceChildren(new Option('Usual', ''), ...all.map(({ id, label }) => new Option(label, id, false, id === chosen)))
}
