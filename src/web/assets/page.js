// On every page. Errors are read out first: as the page opens the focus goes to the error summary, else to a notice.
const first = document.querySelector('.nhsuk-error-summary') ?? document.querySelector('.nhsuk-notification-banner[role=alert]')
if (first) {
  first.setAttribute('tabindex', '-1')
  first.focus()
}

// Changing the role to act in applies at once; without this script, by the button beside it.
const acting = document.querySelector('.rr-acting')
if (acting) {
  const button = acting.querySelector('button')
  const select = acting.querySelector('select')
  const before = select.value
  button.hidden = true
  select.addEventListener('change', () => {
    button.hidden = select.value === before
  })
}

// One of many is typed.
if (document.querySelector('input[data-choices]')) void import('./choices.js')

// Asks once more before an action that cannot be undone.
for (const form of document.querySelectorAll('form[data-sure]')) {
  form.addEventListener('submit', (event) => {
    if (!window.confirm(form.dataset.sure)) event.preventDefault()
  })
}
