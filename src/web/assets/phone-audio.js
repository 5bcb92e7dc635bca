// Microphone, loudspeaker, their levels, and this browser's ringing.

/** Why a microphone cannot be used, by the browser's error name (Media Capture and Streams section 10.2), in words that help. */
const trouble = {
  NotAllowedError: [
    'microphoneRefused',
    'The browser is not letting this page use the microphone. Allow it in the address bar, then try again.',
  ],
  SecurityError: [
    'microphoneRefused',
    'The browser is not letting this page use the microphone. Allow it in the address bar, then try again.',
  ],
  NotFoundError: ['noMicrophone', 'No microphone was found. Plug in a headset, or choose another device.'],
  OverconstrainedError: ['noMicrophone', 'That microphone is no longer there. Choose another one.'],
  NotReadableError: [
    'microphoneBusy',
    'The microphone cannot be used: another program may be using it. Close that program, then try again.',
  ],
  AbortError: ['microphoneBusy', 'The microphone cannot be used: another program may be using it. Close that program, then try again.'],
}

export class AudioTrouble extends Error {
  constructor(name, words) {
    super(words)
    this.name = name
  }
}

const kept = (name) => localStorage.getItem(`ringround-${name}`) ?? ''

export class PhoneAudio extends EventTarget {
  #stream
  #context
  #ringing
  #isMuted = false
  #element

  constructor(element) {
    super()
    this.#element = element
    navigator.mediaDevices?.addEventListener('devicechange', () => this.dispatchEvent(new Event('devices')))
  }

  get microphoneId() {
    return kept('microphone')
  }

  get speakerId() {
    return kept('speaker')
  }

  get isMuted() {
    return this.#isMuted
  }

  /** Whether the loudspeaker can be chosen here. */
  get hasSpeakers() {
    return typeof this.#element.setSinkId === 'function'
  }

  /** The microphone, opened if needed. @throws AudioTrouble */
  async microphone() {
    if (this.#stream?.getAudioTracks().some(({ readyState }) => readyState === 'live')) return this.#stream
    if (!window.isSecureContext || !navigator.mediaDevices)
      throw new AudioTrouble('insecure', 'Browsers only allow the microphone on secure pages: open this page with https.')
    const id = this.microphoneId
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(id === '' ? {} : { deviceId: { ideal: id } }) },
      })
    } catch (error) {
      const [name, words] = trouble[error.name] ?? ['microphoneBusy', `The microphone cannot be used (${error.name}).`]
      throw new AudioTrouble(name, words)
    }
    const [track] = this.#stream.getAudioTracks()
    track.enabled = !this.#isMuted
    track.addEventListener('ended', () => this.dispatchEvent(new Event('lost')))
    this.dispatchEvent(new Event('devices'))
    return this.#stream
  }

  mute(muted) {
    this.#isMuted = muted
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted
  }

  /** Releases the microphone: its light is off between calls. */
  release() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
    this.#stream = undefined
    this.mute(false)
  }

  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? []
    const of = (kind) =>
      all
        .filter((one) => one.kind === kind && one.deviceId !== '')
        .map(({ deviceId, label }, index) => ({ id: deviceId, label: label === '' ? `Device ${index + 1}` : label }))
    return { microphones: of('audioinput'), speakers: of('audiooutput') }
  }

  /** @returns the stream of that microphone */
  chooseMicrophone(id) {
    localStorage.setItem('ringround-microphone', id)
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
    this.#stream = undefined
    return this.microphone()
  }

  async chooseSpeaker(id) {
    localStorage.setItem('ringround-speaker', id)
    if (this.hasSpeakers) await this.#element.setSinkId(id)
  }

  /** Plays the remote voice. */
  async hear(stream) {
    this.#element.srcObject = stream ?? null
    if (stream === undefined) return
    if (this.hasSpeakers && this.speakerId !== '') await this.#element.setSinkId(this.speakerId).catch(() => undefined)
    await this.#element.play().catch(() => undefined)
  }

  /** Reports a stream's level, 0 to 1, ten times a second. @returns stops it */
  meter(stream, say) {
    const context = this.#sound()
    const source = context.createMediaStreamSource(stream)
    const analyser = context.createAnalyser()
    analyser.fftSize = 1024
    source.connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length
      // -60 dB is nothing, 0 dB is full.
      say(Math.max(0, Math.min(1, 1 + (10 * Math.log10(power + 1e-9)) / 60)), analyser)
    }, 100)
    return () => {
      clearInterval(timer)
      source.disconnect()
    }
  }

  /** Rings with the UK cadence until stopped. */
  ring() {
    this.quiet()
    const context = this.#sound()
    const gain = context.createGain()
    gain.gain.value = 0
    gain.connect(context.destination)
    const tones = [400, 450].map((frequency) => {
      const tone = context.createOscillator()
      tone.frequency.value = frequency
      tone.connect(gain)
      tone.start()
      return tone
    })
    const burst = () => {
      const now = context.currentTime
      for (const [from, to] of [
        [0, 0.4],
        [0.6, 1],
      ]) {
        gain.gain.setValueAtTime(0.15, now + from)
        gain.gain.setValueAtTime(0, now + to)
      }
    }
    burst()
    const timer = setInterval(burst, 3_000)
    this.#ringing = () => {
      clearInterval(timer)
      for (const tone of tones) tone.stop()
      gain.disconnect()
    }
  }

  quiet() {
    this.#ringing?.()
    this.#ringing = undefined
  }

  #sound() {
    this.#context ??= new AudioContext()
    // Browsers play no sound until the user has touched the page.
    if (this.#context.state === 'suspended') void this.#context.resume().catch(() => undefined)
    return this.#context
  }
}
