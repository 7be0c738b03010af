/**
 * Gradient-boosted trees for a yes/no answer: logistic loss, second-order leaf values and gains (Chen and
 * Guestrin, "XGBoost", 2016, equations 5 to 7), splits searched in histograms. The same data, settings and
 * seed give the same trees, bit for bit.
 *
 * Thresholds, leaf values and the base score are 32-bit floats: what is scored here is what ONNX holds.
 */

const MAX_BINS = 256;

/**
 * @param {object} options
 * @param {{name: string, values: ArrayLike<number>}[]} options.features one column each, no NaN
 * @param {Uint8Array} options.labels 0 or 1
 * @param {{trees: number, depth: number, learning_rate: number, min_leaf: number, l2: number, sample: number,
 *   seed: number}} options.settings
 * @param {(tree: number, logLoss: number) => void} [options.onTree] told the loss over all rows after each tree
 * @returns {{features: string[], base: number, trees: Tree[], gain: number[]}} `base` and the leaves add up to
 *   log odds; `gain` is what each feature's splits won.
 *
 * A tree is five arrays with one entry a node, node 0 first: `feature` (-1: a leaf), `threshold` (values up to
 * it go left), `left`, `right`, `value` (of a leaf).
 */
export function trainTrees({ features, labels, settings, onTree = () => {} }) {
  const rows = labels.length;
  const data = toBins(features, rows);
  const base = Math.fround(logOdds(labels));
  const score = new Float64Array(rows).fill(base);
  const gradient = new Float64Array(rows);
  const hessian = new Float64Array(rows);
  const gain = features.map(() => 0);
  const random = randomFrom(settings.seed);
  const trees = [];

  slopes(score, labels, gradient, hessian);
  for (let number = 1; number <= settings.trees; number += 1) {
    const grown = growTree({
      data,
      gradient,
      hessian,
      gain,
      settings,
      sample: draw(rows, settings.sample, random),
    });
    addTree(grown, data, score);
    trees.push(grown.tree);
    onTree(number, slopes(score, labels, gradient, hessian));
  }
  return { features: features.map(({ name }) => name), base, trees, gain };
}

/** Probabilities of "yes" for columns in the order of `model.features`. */
export function predict(model, columns) {
  const rows = columns[0].length;
  const score = new Float64Array(rows).fill(model.base);
  for (const { feature, threshold, left, right, value } of model.trees) {
    for (let row = 0; row < rows; row += 1) {
      let node = 0;
      while (feature[node] >= 0) {
        node = columns[feature[node]][row] <= threshold[node] ? left[node] : right[node];
      }
      score[row] += value[node];
    }
  }
  return score.map((each) => 1 / (1 + Math.exp(-each)));
}

/**
 * Sorts every value into a bin. A bin of feature f is known by its slot: the place of its three sums
 * (gradient, hessian, rows) in a histogram. Slots of a row lie together.
 */
function toBins(features, rows) {
  const width = features.length;
  const slots = new Uint16Array(rows * width);
  const edges = features.map(({ values }) => binEdges(values));
  const first = [];
  let size = 0;
  for (const [feature, { values }] of features.entries()) {
    first.push(size);
    for (let row = 0; row < rows; row += 1) {
      slots[row * width + feature] = size + 3 * findBin(edges[feature], values[row]);
    }
    size += 3 * edges[feature].length;
  }
  return { width, slots, edges, first, size };
}

/** Upper edges of the bins: every value when there are few, else about equally filled bins. */
function binEdges(values) {
  const sorted = Float32Array.from(values).sort();
  const distinct = sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
  if (distinct.length <= MAX_BINS) return distinct;
  const cuts = new Set();
  for (let bin = 1; bin <= MAX_BINS; bin += 1) {
    cuts.add(sorted[Math.ceil((bin * sorted.length) / MAX_BINS) - 1]);
  }
  return Float32Array.from(cuts);
}

/** The first bin whose edge is not below the value. */
function findBin(edges, value) {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Level by level: the best split of each node, its rows parted in place, histograms for the next level. */
function growTree({ data, gradient, hessian, gain, settings, sample }) {
  const tree = { feature: [], threshold: [], left: [], right: [], value: [] };
  const slot = [];
  const addNode = () => {
    tree.feature.push(-1);
    tree.threshold.push(0);
    tree.left.push(0);
    tree.right.push(0);
    tree.value.push(0);
    slot.push(0);
    return slot.length - 1;
  };
  const spare = new Int32Array(sample.length);
  const measure = (from, to) => histogramOf(data, gradient, hessian, sample.subarray(from, to));

  let level = [{ node: addNode(), from: 0, to: sample.length, histogram: measure(0, sample.length) }];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next = [];
    for (const { node, from, to, histogram, sums } of level) {
      const total = sums ?? totals(histogram, data);
      const split = depth < settings.depth ? bestSplit(histogram, data, total, settings) : undefined;
      if (!split) {
        tree.value[node] = Math.fround(
          (-settings.learning_rate * total.gradient) / (total.hessian + settings.l2),
        );
        continue;
      }
      gain[split.feature] += split.gain;
      tree.feature[node] = split.feature;
      tree.threshold[node] = split.threshold;
      slot[node] = split.slot;
      tree.left[node] = addNode();
      tree.right[node] = addNode();

      const middle = part(sample, spare, { from, to, split, data });
      const left = { node: tree.left[node], from, to: middle, sums: split.left };
      const right = { node: tree.right[node], from: middle, to, sums: split.right };
      if (depth + 1 < settings.depth) {
        // Only the smaller child is counted; the larger one is what remains of the parent.
        const [small, large] = middle - from < to - middle ? [left, right] : [right, left];
        small.histogram = measure(small.from, small.to);
        large.histogram = histogram;
        for (let at = 0; at < histogram.length; at += 1) histogram[at] -= small.histogram[at];
      }
      next.push(left, right);
    }
    level = next;
  }
  return { tree, slot };
}

function histogramOf({ width, slots, size }, gradient, hessian, sample) {
  const histogram = new Float64Array(size);
  for (let at = 0; at < sample.length; at += 1) {
    const row = sample[at];
    for (let cell = row * width, end = cell + width; cell < end; cell += 1) {
      const slot = slots[cell];
      histogram[slot] += gradient[row];
      histogram[slot + 1] += hessian[row];
      histogram[slot + 2] += 1;
    }
  }
  return histogram;
}

/** Every row is in one bin of the first feature, so these bins add up to the node. */
function totals(histogram, { edges }) {
  const sums = { gradient: 0, hessian: 0, rows: 0 };
  for (let at = 0; at < 3 * edges[0].length; at += 3) {
    sums.gradient += histogram[at];
    sums.hessian += histogram[at + 1];
    sums.rows += histogram[at + 2];
  }
  return sums;
}

function bestSplit(histogram, { edges, first }, total, { min_leaf, l2 }) {
  const worth = (gradient, hessian) => (gradient * gradient) / (hessian + l2);
  const whole = worth(total.gradient, total.hessian);
  let best;
  for (let feature = 0; feature < edges.length; feature += 1) {
    let gradient = 0;
    let hessian = 0;
    let rows = 0;
    for (let bin = 0; bin < edges[feature].length - 1; bin += 1) {
      const slot = first[feature] + 3 * bin;
      gradient += histogram[slot];
      hessian += histogram[slot + 1];
      rows += histogram[slot + 2];
      if (rows < min_leaf) continue;
      if (total.rows - rows < min_leaf) break;
      const rest = { gradient: total.gradient - gradient, hessian: total.hessian - hessian };
      const gain = worth(gradient, hessian) + worth(rest.gradient, rest.hessian) - whole;
      if (gain > (best?.gain ?? 1e-9)) {
        const left = { gradient, hessian, rows };
        const right = { ...rest, rows: total.rows - rows };
        best = { gain, feature, slot, threshold: edges[feature][bin], left, right };
      }
    }
  }
  return best;
}

/** Puts the rows that go left before those that go right, both in their old order; says where right begins. */
function part(sample, spare, { from, to, split, data: { slots, width } }) {
  let left = from;
  let right = 0;
  for (let at = from; at < to; at += 1) {
    const row = sample[at];
    if (slots[row * width + split.feature] <= split.slot) sample[left++] = row;
    else spare[right++] = row;
  }
  sample.set(spare.subarray(0, right), left);
  return left;
}

function addTree({ tree, slot }, { slots, width }, score) {
  const feature = Int32Array.from(tree.feature);
  const limit = Int32Array.from(slot);
  const left = Int32Array.from(tree.left);
  const right = Int32Array.from(tree.right);
  const value = Float64Array.from(tree.value);
  for (let row = 0; row < score.length; row += 1) {
    let node = 0;
    while (feature[node] >= 0) {
      node = slots[row * width + feature[node]] <= limit[node] ? left[node] : right[node];
    }
    score[row] += value[node];
  }
}

/** First and second derivative of the logistic loss in each row; returns the mean loss. */
function slopes(score, labels, gradient, hessian) {
  let loss = 0;
  let product = 1;
  for (let row = 0; row < score.length; row += 1) {
    const probability = 1 / (1 + Math.exp(-score[row]));
    gradient[row] = probability - labels[row];
    hessian[row] = probability * (1 - probability);
    // One logarithm for many factors; the product is emptied long before it could underflow.
    product *= Math.max(labels[row] ? probability : 1 - probability, 1e-15);
    if (product < 1e-200) {
      loss -= Math.log(product);
      product = 1;
    }
  }
  return (loss - Math.log(product)) / score.length;
}

function logOdds(labels) {
  let yes = 0;
  for (const label of labels) yes += label;
  return Math.log((yes + 0.5) / (labels.length - yes + 0.5));
}

/** The rows a tree looks at, in order. */
function draw(rows, share, random) {
  if (share >= 1) return Int32Array.from({ length: rows }, (_, row) => row);
  const sample = new Int32Array(rows);
  let size = 0;
  for (let row = 0; row < rows; row += 1) if (random() < share) sample[size++] = row;
  return sample.slice(0, size);
}

/** mulberry32: numbers from 0 to below 1, the same for the same seed everywhere. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
