// On every page. What is wrong is read out first: an error summary, then a notice, takes the focus as the page opens.
const first = document.querySelector('.nhsuk-error-summary') ?? document.querySelector('.nhsuk-notification-banner[role=alert]')
if (first) {
  first.setAttribute('tabindex', '-1')
  first.focus()
}

// A choice of what to act for is taken as it is made; without this, by the button beside it.
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

// Asked once more before what cannot be taken back.
for (const form of document.querySelectorAll('form[data-sure]')) {
  form.addEventListener('submit', (event) => {
    if (!window.confirm(form.dataset.sure)) event.preventDefault()
  })
}
