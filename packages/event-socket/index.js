'use strict'

exports.Connection = require('./lib/connection.js').Connection
exports.Server = require('./lib/server.js').Server
exports.SocketEvent = require('./lib/socket-event.js').SocketEvent
exports.FrameReader = require('./lib/frame-reader.js').FrameReader
exports.FrameError = require('./lib/frame-reader.js').FrameError
