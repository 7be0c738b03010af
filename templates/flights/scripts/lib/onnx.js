import { Message } from './protobuf.js';

/**
 * Writes the model as ONNX: raw columns in, probability and label out. The airports' history and the trees
 * are inside, so whoever serves the file needs none of these scripts.
 *
 *   hour, weekday (int64) ── Cast ───────────┐
 *   distance (float) ────────────────────────┤
 *   origin, destination (string) ── LabelEncoder (airport -> late rate)
 *                                            └─ Concat ─ TreeEnsembleRegressor ─ Sigmoid ─ probability
 *                                                            GreaterOrEqual(threshold) ─ Cast ─ late
 *
 * Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx-ml.proto
 */
export function toOnnx({ model, history, threshold, metadata }) {
  const nodes = [
    node('Cast', ['hour'], ['hour_float'], [int('to', FLOAT)]),
    node('Cast', ['weekday'], ['weekday_float'], [int('to', FLOAT)]),
    lookUp('origin', 'origin_rate', history.origin),
    lookUp('destination', 'destination_rate', history.destination),
    node(
      'Concat',
      ['hour_float', 'weekday_float', 'distance', 'origin_rate', 'destination_rate'],
      ['features'],
      [int('axis', 1)],
    ),
    trees(model),
    node('Sigmoid', ['log_odds'], ['probability']),
    node('GreaterOrEqual', ['probability', 'threshold'], ['is_late']),
    node('Cast', ['is_late'], ['late'], [int('to', INT64)]),
  ];
  const graph = new Message()
    .each(1, nodes)
    .bytes(2, 'late')
    .each(5, [new Message().int(2, FLOAT).packedFloats(4, [threshold]).bytes(8, 'threshold')])
    .each(11, [
      column('hour', INT64),
      column('weekday', INT64),
      column('distance', FLOAT),
      column('origin', STRING),
      column('destination', STRING),
    ])
    .each(12, [column('probability', FLOAT), column('late', INT64)]);
  return new Message()
    .int(1, 8) // IR version
    .bytes(2, 'late-flights')
    .bytes(7, graph)
    .each(8, [opset('', 13), opset('ai.onnx.ml', 3)])
    .each(
      14,
      Object.entries(metadata).map(([key, value]) => new Message().bytes(1, key).bytes(2, value)),
    )
    .encode();
}

// TensorProto.DataType
const FLOAT = 1;
const INT64 = 7;
const STRING = 8;

function lookUp(input, output, { unseen, rates }) {
  return node(
    'LabelEncoder',
    [input],
    [output],
    [
      strings('keys_strings', Object.keys(rates)),
      floats('values_floats', Object.values(rates)),
      float('default_float', unseen),
    ],
    'ai.onnx.ml',
  );
}

/** All trees in one operator; it wants the nodes of all trees in parallel lists. */
function trees(model) {
  const nodes = { tree: [], id: [], feature: [], mode: [], threshold: [], yes: [], no: [] };
  const leaves = { tree: [], id: [], value: [] };
  for (const [number, { feature, threshold, left, right, value }] of model.trees.entries()) {
    for (let id = 0; id < feature.length; id += 1) {
      const isLeaf = feature[id] < 0;
      nodes.tree.push(number);
      nodes.id.push(id);
      nodes.feature.push(isLeaf ? 0 : feature[id]);
      nodes.mode.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      nodes.threshold.push(threshold[id]);
      nodes.yes.push(left[id]);
      nodes.no.push(right[id]);
      if (!isLeaf) continue;
      leaves.tree.push(number);
      leaves.id.push(id);
      leaves.value.push(value[id]);
    }
  }
  return node(
    'TreeEnsembleRegressor',
    ['features'],
    ['log_odds'],
    [
      string('aggregate_function', 'SUM'),
      floats('base_values', [model.base]),
      int('n_targets', 1),
      ints('nodes_treeids', nodes.tree),
      ints('nodes_nodeids', nodes.id),
      ints('nodes_featureids', nodes.feature),
      strings('nodes_modes', nodes.mode),
      floats('nodes_values', nodes.threshold),
      ints('nodes_truenodeids', nodes.yes),
      ints('nodes_falsenodeids', nodes.no),
      ints('target_treeids', leaves.tree),
      ints('target_nodeids', leaves.id),
      ints(
        'target_ids',
        leaves.id.map(() => 0),
      ),
      floats('target_weights', leaves.value),
    ],
    'ai.onnx.ml',
  );
}

/** NodeProto */
function node(operator, inputs, outputs, attributes = [], domain = '') {
  return new Message()
    .each(1, inputs)
    .each(2, outputs)
    .bytes(3, outputs[0])
    .bytes(4, operator)
    .each(5, attributes)
    .bytes(7, domain);
}

/** ValueInfoProto of a column: any number of rows, one value in each. */
function column(name, type) {
  const shape = new Message().each(1, [new Message().bytes(2, 'rows'), new Message().int(1, 1)]);
  return new Message()
    .bytes(1, name)
    .bytes(2, new Message().bytes(1, new Message().int(1, type).bytes(2, shape)));
}

/** OperatorSetIdProto */
function opset(domain, version) {
  return new Message().bytes(1, domain).int(2, version);
}

// AttributeProto: name, value, and the number that says which kind of value it is.
const attribute = (name, kind) => new Message().bytes(1, name).int(20, kind);
const float = (name, value) => attribute(name, 1).float(2, value);
const int = (name, value) => attribute(name, 2).int(3, value);
const string = (name, value) => attribute(name, 3).bytes(4, value);
const floats = (name, values) => attribute(name, 6).packedFloats(7, values);
const ints = (name, values) => attribute(name, 7).packedInts(8, values);
const strings = (name, values) => attribute(name, 8).each(9, values);
