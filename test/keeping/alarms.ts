/** The engine's own alarm board, for the tests of rooms that know only the interface. */
export { AlarmBoard } from '../../src/live/alarm-board.js'
