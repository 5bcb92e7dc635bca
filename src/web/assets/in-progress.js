// On the page of an arranged call in progress: checks whether it still runs, and shows the result. Without this script: the link "Refresh".
const everyMs = 4_000
const shown = document.querySelector('h1').textContent
const here = document.querySelector('a[data-again]').href
// A call may last long; after that the reader refreshes by hand.
let looks = 200

async function look() {
  try {
    const answer = await fetch(here)
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (answer.ok && page.querySelector('h1')?.textContent !== shown) return location.replace(here)
  } catch {
    // Offline for the moment.
  }
  if (--looks > 0) setTimeout(look, everyMs)
}
setTimeout(look, everyMs)
