// Fields for one of many: matches are offered while a person types (WAI-ARIA, editable combobox with list autocomplete). Without this, or without an answer, they stay fields in which
// a name or an id is written.
const typingMs = 150
const maxShown = 10

for (const input of document.querySelectorAll('input[data-choices]')) offer(input)

function offer(input) {
  const list = document.createElement('ul')
  list.className = 'rr-choices-list'
  list.id = `${input.id}-choices`
  list.role = 'listbox'
  list.ariaLabel = document.querySelector(`label[for="${CSS.escape(input.id)}"]`)?.textContent.trim() ?? ''
  list.hidden = true
  const said = document.createElement('span')
  said.className = 'nhsuk-u-visually-hidden'
  said.role = 'status'
  const holder = document.createElement('div')
  holder.className = 'rr-combobox'
  input.replaceWith(holder)
  holder.append(input, list, said)
  input.setAttribute('role', 'combobox')
  input.setAttribute('aria-autocomplete', 'list')
  input.setAttribute('aria-controls', list.id)
  input.setAttribute('aria-expanded', 'false')

  let choices = []
  let active = -1
  let timer
  let asking

  const options = () => [...list.children]
  function close() {
    clearTimeout(timer)
    asking?.abort()
    list.hidden = true
    active = -1
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }
  function point(index) {
    active = index
    for (const [at, option] of options().entries()) option.ariaSelected = String(at === index)
    const option = options()[index]
    if (!option) return input.removeAttribute('aria-activedescendant')
    input.setAttribute('aria-activedescendant', option.id)
    option.scrollIntoView({ block: 'nearest' })
  }
  function choose(index) {
    input.value = choices[index].written
    close()
    said.textContent = `${choices[index].name} chosen`
  }
  function show({ choices: found, more }) {
    choices = found
    active = -1
    input.removeAttribute('aria-activedescendant')
    list.replaceChildren(
      ...found.map(({ name, about }, index) => {
        const option = document.createElement('li')
        option.id = `${list.id}-${index}`
        option.role = 'option'
        option.ariaSelected = 'false'
        option.append(name)
        if (about !== null) {
          const small = document.createElement('span')
          small.className = 'rr-choices-list__about'
          small.textContent = about
          option.append(' ', small)
        }
        // Before the field loses the focus.
        option.addEventListener('mousedown', (event) => event.preventDefault())
        option.addEventListener('click', () => choose(index))
        return option
      }),
    )
    list.hidden = found.length === 0
    input.setAttribute('aria-expanded', String(found.length > 0))
    said.textContent =
      found.length === 0
        ? 'Nothing fits'
        : `${found.length}${more > 0 ? ` of ${found.length + more}` : ''} to choose from, by the arrow keys`
  }
  async function ask() {
    asking?.abort()
    asking = new AbortController()
    const query = new URLSearchParams({ search: input.value, limit: maxShown })
    try {
      const response = await fetch(`${input.dataset.choices}?${query}`, { signal: asking.signal })
      if (response.ok && document.activeElement === input) show(await response.json())
    } catch {
      // What is written is read by the service.
    }
  }

  input.addEventListener('input', () => {
    clearTimeout(timer)
    if (input.value.trim() === '') return close()
    timer = setTimeout(ask, typingMs)
  })
  input.addEventListener('blur', close)
  input.addEventListener('keydown', (event) => {
    const count = list.hidden ? 0 : list.children.length
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (count === 0) void ask()
      // Past the last one, and before the first, the field itself.
      else if (event.key === 'ArrowDown') point(active + 1 < count ? active + 1 : -1)
      else point(active === -1 ? count - 1 : active - 1)
    } else if (event.key === 'Enter' && count > 0 && active >= 0) {
      event.preventDefault()
      choose(active)
    } else if (event.key === 'Escape' && count > 0) {
      event.preventDefault()
      close()
    }
  })
}
