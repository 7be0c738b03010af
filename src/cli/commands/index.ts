import type { Command } from '../define-command.ts';
import { command as add } from './data/add.ts';
import { command as checkout } from './data/checkout.ts';
import { command as pull } from './data/pull.ts';
import { command as push } from './data/push.ts';
import { command as status } from './data/status.ts';
import { command as remoteAdd } from './remote/add.ts';
import { command as remoteList } from './remote/list.ts';
import { command as deployPlan } from './deploy/plan.ts';
import { command as driftCheck } from './drift/check.ts';
import { command as trace } from './lineage/trace.ts';
import { command as repro } from './pipeline/repro.ts';
import { command as logArtifact } from './log/artifact.ts';
import { command as logMetric } from './log/metric.ts';
import { command as logParam } from './log/param.ts';
import { command as run } from './run/run.ts';
import { command as runsCompare } from './runs/compare.ts';
import { command as runsList } from './runs/list.ts';
import { command as runsShow } from './runs/show.ts';
import { command as complete } from './system/complete.ts';
import { command as completion } from './system/completion.ts';
import { command as doctor } from './system/doctor.ts';
import { command as init } from './system/init.ts';
import { command as version } from './system/version.ts';
import { command as modelList } from './model/list.ts';
import { command as modelPromote } from './model/promote.ts';
import { command as modelRegister } from './model/register.ts';
import { command as modelShow } from './model/show.ts';
import { command as packageModel } from './packaging/package.ts';
import { command as predict } from './serving/predict.ts';
import { command as serve } from './serving/serve.ts';

/** Every command, in the order help shows them. */
export const COMMANDS: readonly Command[] = [
  init,
  status,
  doctor,
  version,
  completion,
  complete,
  add,
  checkout,
  push,
  pull,
  remoteAdd,
  remoteList,
  repro,
  run,
  runsList,
  runsShow,
  runsCompare,
  logMetric,
  logParam,
  logArtifact,
  modelRegister,
  modelList,
  modelShow,
  modelPromote,
  packageModel,
  predict,
  serve,
  driftCheck,
  deployPlan,
  trace,
];
