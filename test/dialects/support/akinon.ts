import type { Document } from 'openapi-client-axios'

/** The vendor's description of its reset call, as far as it is documented: 201 and 400, and a bearer token. */
export const description: Document = {
  openapi: '3.0.3',
  info: { title: 'AppMaker API', version: '1' },
  servers: [{ url: 'https://vendor.example/api/v1' }],
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  security: [{ bearer: [] }],
  paths: {
    '/auth/generate-reset-token': {
      post: {
        operationId: 'generateResetToken',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['username'],
                properties: { username: { type: 'string' } },
              },
            },
          },
        },
        responses: {
          '201': { description: 'Created' },
          '400': {
            description: 'Bad request',
            content: {
              'application/json': {
                schema: { type: 'object', properties: { validationError: { type: 'object' } } },
              },
            },
          },
        },
      },
    },
  },
}
