// SPDX-License-Identifier: MIT
// What the mocks of model APIs say alike.

/** A text in the pieces in which a model streams it, cut between characters; "" is one piece. */
export const pieces = (text) => text.match(/[\s\S]{1,24}/gu) ?? ['']

/** The body of an error of the OpenAI APIs. */
export const openaiError = (status) => ({
  error: {
    message: `mock ${status}`,
    type: status === 401 ? 'invalid_request_error' : 'server_error',
    code: status === 401 ? 'invalid_api_key' : null,
  },
})
