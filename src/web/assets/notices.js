// Turns on notices for while the page is closed, when the clinician asks for them. Never at load: people prompted unasked refuse for good.
const on = document.getElementById('on')
const whyNot = document.getElementById('why-not')

if (on) {
  if ('serviceWorker' in navigator && 'PushManager' in window) on.hidden = false
  else whyNot.textContent = 'This browser cannot show them. On an iPhone: add Ringround to the home screen first, and open it there.'
}

on?.addEventListener('submit', async (event) => {
  event.preventDefault()
  whyNot.textContent = ''
  const button = on.querySelector('button')
  button.disabled = true
  try {
    if ((await Notification.requestPermission()) !== 'granted') {
      whyNot.textContent = 'This browser is not allowed to show notices from Ringround. Allow them in its settings, and try again.'
      return
    }
    const { endpoint, keys } = (await subscribed()).toJSON()
    Object.assign(on.elements.endpoint, { value: endpoint })
    Object.assign(on.elements.p256dh, { value: keys.p256dh })
    Object.assign(on.elements.auth, { value: keys.auth })
    on.submit()
  } catch {
    whyNot.textContent = 'The push service of this browser cannot be reached. Try again later.'
  } finally {
    button.disabled = false
  }
})

/** Under our key: under an earlier one nothing would arrive. */
async function subscribed() {
  await navigator.serviceWorker.register('/service-worker.js')
  const { pushManager } = await navigator.serviceWorker.ready
  const old = await pushManager.getSubscription()
  await old?.unsubscribe()
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: on.dataset.key })
}

document.getElementById('off')?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const registration = await navigator.serviceWorker?.getRegistration()
  const there = await registration?.pushManager?.getSubscription()
  await there?.unsubscribe().catch(() => false)
  event.target.submit()
})
