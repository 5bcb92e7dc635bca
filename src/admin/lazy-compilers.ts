import AjvCompiler from '@fastify/ajv-compiler'
import SerializerSelector from '@fastify/fast-json-stringify-compiler'

/**
 * Fastify's own compilers for requests and answers, with each schema compiled on first use: a start would otherwise compile a hundred
 * of them, most never used. Tests check that every schema compiles.
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
      // Fastify reads the errors off the function itself.
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
