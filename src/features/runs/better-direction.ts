/** Words of metric names whose smaller values are better. */
const LOWER_IS_BETTER =
  /(^|[^a-z])(loss|error|err|rmse|mse|mae|mape|rmsle|logloss|brier|perplexity|ppl|wer|cer|fid|latency|deviance|crossentropy)([^a-z]|$)|_loss|loss_|logloss/i;

/** Which way of a metric is up, by its name: `val_loss` down, everything unknown up. */
export function betterDirection(metric: string): 'asc' | 'desc' {
  return LOWER_IS_BETTER.test(metric) ? 'asc' : 'desc';
}
