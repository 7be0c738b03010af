// The months after the training, as the model in service meets them: its inputs, and the answer known later.
// Usage: node scripts/later.js 2001-05 2001-06

import { inputColumns, monthFile, readFlights } from './lib/flights.js';
import { month as monthRule } from './lib/params.js';
import { count, Problem, progress, runScript } from './lib/script.js';
import { writeTable } from './lib/tables.js';

runScript(import.meta.filename, async (months) => {
  const say = progress();
  if (months.length === 0) throw new Problem('name the months: node scripts/later.js 2001-05 2001-06');
  for (const month of months) {
    if (!monthRule.test(month)) throw new Problem(`"${month}" is not ${monthRule.says}`);
    const flights = await readFlights([monthFile(month)]);
    await writeTable(`data/features/${month}.parquet`, inputColumns(flights));
    say(`wrote data/features/${month}.parquet, ${count(flights.rows)} flights`);
  }
});
