// Tests what a call needs: microphone, connection, voice both ways. Says what is missing, in words for an IT department.
const listenMs = 4_000
const connectMs = 8_000
const turnMs = 5_000
const chosenMs = 3_000
/** A quiet room is above this level; a muted microphone is below. */
const silence = 0.05
const slowMs = 300
const lossPercent = 3

/** @param found called with each result: whether it is good, and in words */
export async function testConnection({ line, audio, found }) {
  let stream
  try {
    stream = await audio.microphone()
  } catch (error) {
    return found(false, error.message)
  }
  found(true, `microphone “${stream.getAudioTracks()[0].label}”`)
  found(
    line.isReady,
    line.isReady
      ? 'the connection for calls (WebSocket on the port of this page)'
      : 'there is no connection for calls. Proxies and firewalls have to let WebSockets (wss) through to this site',
  )
  if (!line.isReady || line.call !== undefined) return
  for (const { url, answers } of await turnServers(line.iceServers))
    found(
      answers,
      answers
        ? `the TURN server ${url} answers`
        : `the TURN server ${url} does not answer. Where UDP is not let out voice needs it: allow this computer to reach it`,
    )
  const began = performance.now()
  const call = await line.dial('connection-test')
  let loudest = 0
  const endMeter = audio.meter(stream, (level) => {
    loudest = Math.max(loudest, level)
  })
  try {
    const state = await connected(call)
    if (state !== 'connected') {
      return found(
        false,
        state === 'refused'
          ? 'the service did not take the test call. Try again in a minute'
          : `voice does not get through (${state}). Allow UDP from this computer to the service's voice addresses, or have a TURN server on port 443 set up`,
      )
    }
    const afterMs = Math.round(performance.now() - began)
    found(true, `voice gets through${await byTurn(call.connection)}, ${afterMs} ms after dialling`)
    await audio.hear(call.heard)
    await new Promise((resolve) => setTimeout(resolve, listenMs))
    if (call.connection === undefined) return found(false, 'the service ended the test call. Try again in a minute')
    const { roundTripMs, lost, received } = await figures(call.connection)
    const share = (100 * lost) / Math.max(1, lost + received)
    if (roundTripMs !== undefined)
      found(
        roundTripMs < slowMs,
        `there and back in ${Math.round(roundTripMs)} ms${roundTripMs < slowMs ? '' : ': people will speak over each other'}`,
      )
    found(
      received > 0 && share < lossPercent,
      received === 0
        ? 'nothing was heard from the service: a firewall lets voice out and not in'
        : `${share.toFixed(1)}% of the voice was lost on the way here`,
    )
    found(
      loudest > silence,
      loudest > silence
        ? 'the microphone hears something'
        : 'the microphone hears nothing at all: it may be switched off, on the headset or in the system',
    )
  } finally {
    endMeter()
    call.hangUp()
    await audio.hear(undefined)
    audio.release()
  }
}

/** @returns `connected`, `refused`, or the last ICE state */
function connected(call) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(call.connection?.iceConnectionState ?? 'no answer'), connectMs)
    const done = (state) => {
      clearTimeout(timer)
      resolve(state)
    }
    call.addEventListener('media', ({ detail }) => {
      if (detail === 'connected' || detail === 'completed') done('connected')
      if (detail === 'failed') done('failed')
    })
    call.addEventListener('over', () => done('refused'))
  })
}

/** Asks each TURN server for a relay candidate. */
function turnServers(iceServers) {
  const each = iceServers.flatMap(({ urls, ...more }) => [urls].flat().map((url) => ({ url, ...more })))
  return Promise.all(
    each
      .filter(({ url }) => url.startsWith('turn'))
      .map(async ({ url, ...more }) => {
        const connection = new RTCPeerConnection({ iceServers: [{ urls: url, ...more }], iceTransportPolicy: 'relay' })
        try {
          const answers = new Promise((resolve) => {
            const timer = setTimeout(resolve, turnMs, false)
            connection.addEventListener('icecandidate', ({ candidate }) => {
              // The last event carries no candidate.
              if (candidate?.candidate) resolve(true)
              else if (candidate === null) resolve(false)
              else return
              clearTimeout(timer)
            })
          })
          connection.addTransceiver('audio')
          await connection.setLocalDescription(await connection.createOffer())
          return { url, answers: await answers }
        } finally {
          connection.close()
        }
      }),
  )
}

/** The candidate pair is nominated (RFC 8445 section 8.1.1) a round trip after it is found, later if the service is busy. */
async function byTurn(connection) {
  const until = performance.now() + chosenMs
  while (connection !== undefined && connection.iceConnectionState !== 'closed') {
    const all = await connection.getStats()
    const pair = pairOf([...all.values()])
    if (pair !== undefined) return all.get(pair.localCandidateId)?.candidateType === 'relay' ? ' by way of a TURN server' : ''
    if (performance.now() > until) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return ''
}

function pairOf(all) {
  return all.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded')
}

async function figures(connection) {
  const all = [...(await connection.getStats()).values()]
  const pair = pairOf(all)
  const heard = all.find(({ type }) => type === 'inbound-rtp')
  return {
    roundTripMs: pair?.currentRoundTripTime === undefined ? undefined : pair.currentRoundTripTime * 1_000,
    lost: Math.max(0, heard?.packetsLost ?? 0),
    received: heard?.packetsReceived ?? 0,
  }
}
