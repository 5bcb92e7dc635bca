// Copies the text for the record, if the browser allows it.
const [copy, text, copied] = ['copy', 'text', 'copied'].map((id) => document.getElementById(id))
if (navigator.clipboard) {
  copy.hidden = false
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text.value)
      copied.textContent = 'Copied.'
    } catch {
      text.select()
      copied.textContent = 'The browser is not letting this page copy. The text is selected: press Ctrl+C to copy it.'
    }
  })
}
