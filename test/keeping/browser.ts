/** The measurements lead it as well. */
export { Browser, findChromium, type Tab } from '../../bench/browser.js'
