/**
 * Makes an element. Text is always set as text, so nothing that came over the telephone can become markup.
 * @param {string} name
 * @param {Record<string, string | number | boolean | ((event: Event) => void) | undefined | null>} [attributes] `on…`: a listener
 * @param {...(Node | string | number | null | undefined | false)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === 'function') made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value === true ? '' : String(value))
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child))))
  return made
}

export const byId = (id) => document.getElementById(id)
