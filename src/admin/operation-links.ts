/** By operation: others that take values from its answer (OpenAPI links), so that readers can go on from it. */
export const operationLinks: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  makeCallBack: byId('getCallBack', 'changeCallBack', 'startCallBack', 'cancelCallBack'),
  makePatientConnect: byId('getPatientConnect', 'startPatientConnect', 'cancelPatientConnect'),
  makeCallBackCode: byId('getCallBackCode', 'cancelCallBackCode'),
  makeDevice: links({ user: '$response.body#/user' }, 'renewDevicePassword', 'removeDevice'),
  makeView: links({ view: '$response.body#/view' }, 'removeView'),
  startCallBack: links({ id: '$response.body#/callId' }, 'getCall', 'leaveOutcome'),
  startCallToLine: links({ id: '$response.body#/callId' }, 'getCall', 'leaveOutcome'),
  startPatientConnect: links({ id: '$response.body#/callId' }, 'getCall', 'leaveOutcome'),
  listCalls: links(
    { id: '$response.body#/calls/0/callId' },
    'getCall',
    'getRecording',
    'leaveOutcome',
    'leaveNhsNumber',
    'changeClinicianOfCall',
  ),
  listDirectoryVersions: links({ version: '$response.body#/versions/0/version' }, 'getDirectoryVersion'),
  changeDirectory: links({ version: '$response.body#/version' }, 'getDirectoryVersion'),
  invitePerson: links({ person: '$response.body#/person' }, 'getPerson', 'giveRole', 'makeSignInLink'),
  giveRole: links({ person: '$request.path.person', grant: '$response.body#/grant' }, 'removeRole'),
  giveApproval: links({ approval: '$response.body#/approval' }, 'removeApproval'),
  makeToken: links({ token: '$response.body#/token' }, 'removeToken'),
  makeScreen: links({ token: '$response.body#/token' }, 'removeScreen'),
  getWatchList: links({ id: '$response.body#/watched/0/id' }, 'clearWatched'),
}

function byId(...operations: readonly string[]): Readonly<Record<string, object>> {
  return links({ id: '$response.body#/id' }, ...operations)
}

function links(parameters: Readonly<Record<string, string>>, ...operations: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(operations.map((operationId) => [operationId, { operationId, parameters }]))
}
