/** The benchmarks drive it as well. */
export { Browser, findChromium, type Tab } from '../../bench/browser.js'
