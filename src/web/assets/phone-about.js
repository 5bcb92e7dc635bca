// NHS number and outcome of the current call, and of the one just ended.
export class About {
  #call
  #choices = ''

  constructor($) {
    this.$ = $
    $('nhs').addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#leave('nhs-number', { nhsNumber: $('nhs-number').value.trim() || null }, 'The NHS number is saved.')
    })
  }

  begin() {
    this.#call = undefined
    this.#choices = ''
    this.$('nhs-number').value = ''
    this.$('about').hidden = true
    this.#say('')
  }

  of(call) {
    this.#call = call
    const talks = ['talking', 'outcome', 'ending'].includes(call.stage)
    if (talks && call.outcomes.length > 0) {
      this.$('about').hidden = false
      this.#offer(call.outcomes)
    }
  }

  /** The call is over: asks for the outcome once more. */
  end() {
    if (!this.$('about').hidden) this.$('about-title').textContent = 'About the last call'
  }

  #offer(outcomes) {
    this.$('about-title').textContent = 'About this call'
    this.$('outcomes').hidden = false
    // Existing buttons keep the focus.
    const ids = outcomes.map(({ id }) => id).join()
    if (ids === this.#choices) return
    this.#choices = ids
    this.$('outcome-choices').replaceChildren(
      ...outcomes.map(({ id, label }) => {
        const button = document.createElement('button')
        button.type = 'button'
        button.className = 'nhsuk-button nhsuk-button--secondary'
        button.textContent = label
        button.addEventListener('click', async () => {
          if (!(await this.#leave('outcome', { outcome: id }, `Outcome: ${label}.`))) return
          for (const one of this.$('outcome-choices').children) one.setAttribute('aria-pressed', String(one === button))
        })
        return button
      }),
    )
  }

  async #leave(what, body, words) {
    try {
      const answer = await fetch(`/api/calls/${encodeURIComponent(this.#call.callId)}/${what}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      this.#say(answer.ok ? words : ((await answer.json()).error?.message ?? 'It could not be saved.'))
      return answer.ok
    } catch {
      this.#say('It could not be saved: there is no connection. Try again.')
      return false
    }
  }

  #say(words) {
    this.$('about-said').textContent = words
  }
}
