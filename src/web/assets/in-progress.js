// On the page of something that a call carries now: looks whether it still does, and shows what has become of it. Without this, by the link "Refresh".
const everyMs = 4_000
const shown = document.querySelector('h1').textContent
const here = document.querySelector('a[data-again]').href
// A call may go on for long; then whoever is still here looks again by hand.
let looks = 200

async function look() {
  try {
    const answer = await fetch(here)
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (answer.ok && page.querySelector('h1')?.textContent !== shown) return location.replace(here)
  } catch {
    // Away for the moment.
  }
  if (--looks > 0) setTimeout(look, everyMs)
}
setTimeout(look, everyMs)
