import AjvCompiler from '@fastify/ajv-compiler'
import SerializerSelector from '@fastify/fast-json-stringify-compiler'

/**
 * Fastify's own compilers for what is asked and what is answered, with each schema compiled when it is first needed: a start would compile a hundred
 * of them otherwise, of which most are never used. That every schema can be compiled is the business of the tests.
 */
const validators = AjvCompiler()
const serializers = SerializerSelector()

const buildValidator: typeof validators = (schemas, options) => {
  const compile = validators(schemas, options)
  return (...route) => {
    let ready: ReturnType<typeof compile> | undefined
    const validate = (data: unknown): unknown => {
      ready ??= compile(...route)
      const result: unknown = ready(data)
      // Fastify reads what is wrong off the function itself.
      Object.assign(validate, { errors: ready.errors })
      return result
    }
    return validate as ReturnType<typeof compile>
  }
}

const buildSerializer: typeof serializers = (schemas, options) => {
  const compile = serializers(schemas, options)
  return (route) => {
    let ready: ReturnType<typeof compile> | undefined
    return (document: unknown) => (ready ??= compile(route))(document)
  }
}

export const lazyCompilers = { buildValidator, buildSerializer }
