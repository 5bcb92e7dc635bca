// Makes or uses a passkey: the browser's answer goes with the form.
const form = document.querySelector('form[data-passkey]')
const trouble = document.querySelector('.rr-passkey-trouble')
const words = {
  NotAllowedError: 'It was not confirmed, or it took too long. Try again.',
  InvalidStateError: 'This device already has a passkey for this account.',
}

function say(text) {
  trouble.textContent = text
  trouble.hidden = false
}

async function ask() {
  const options = JSON.parse(form.dataset.options)
  const credential =
    form.dataset.passkey === 'create'
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
  form.elements.answer.value = JSON.stringify(credential)
}

let asked = false
form.addEventListener('submit', (event) => {
  if (asked) return
  event.preventDefault()
  if (window.PublicKeyCredential?.parseCreationOptionsFromJSON === undefined)
    return say('This browser is too old for passkeys. Use a password and a code.')
  trouble.hidden = true
  ask().then(
    () => {
      asked = true
      form.requestSubmit()
    },
    (error) => say(words[error.name] ?? `The browser says: ${error.message}`),
  )
})
