import { z } from 'zod';
import { environmentsSchema } from './environments.ts';
import { PROJECT_FILE_SHAPE } from './mlo-yaml-shape.ts';
import type { ObjectShape, Shape } from './shape.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema (draft 2020-12) of mlo.yaml, for editors: what `parseProjectFile` accepts. */
export function projectFileJsonSchema(): JsonSchema {
  const { properties, ...rest } = objectSchema(PROJECT_FILE_SHAPE);
  const environments = z.toJSONSchema(environmentsSchema, { io: 'input', target: 'draft-2020-12' });
  const { $schema, ...environmentsPart } = environments;
  return {
    $schema,
    title: 'mlo.yaml',
    description: 'Pipeline, models and environments of an mlo project.',
    ...rest,
    properties: {
      ...(properties as JsonSchema),
      environments: { description: PROJECT_FILE_SHAPE.fields.environments?.description, ...environmentsPart },
    },
  };
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'text':
      return { type: 'string', pattern: '\\S' };
    case 'number':
      return shape.min === undefined ? { type: 'number' } : { type: 'number', minimum: shape.min };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { enum: shape.choices };
    case 'any':
      return {};
    case 'nothing':
      return { type: 'null' };
    case 'list':
      return { type: 'array', items: schemaOf(shape.of) };
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(shape.of) };
    case 'object':
      return objectSchema(shape);
    case 'either':
      return { anyOf: shape.of.map(schemaOf) };
  }
}

function objectSchema(shape: ObjectShape): JsonSchema {
  const fields = Object.entries(shape.fields);
  const required = fields.filter(([, field]) => field.required === true).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(([name, field]) => [name, { description: field.description, ...schemaOf(field.shape) }]),
    ),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}
