#include "experiments/commands/train_options.h"

#include "experiments/options/usage_error.h"
#include "rl/agents/algorithm_list.h"

#include <algorithm>
#include <string_view>

namespace experiments {
namespace {

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const rl::AlgorithmEntry& entry : rl::AlgorithmList()) names.emplace_back(entry.name);
  return names;
}

std::string AlgorithmHelp() {
  std::string help =
      "algorithm to fit; what follows are its options, and its customary run their defaults";
  for (const rl::AlgorithmEntry& entry : rl::AlgorithmList()) {
    help += "; " + std::string(entry.name) + ": " + std::string(entry.summary);
  }
  return help;
}

// "td3, crr and cql".
std::string Listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool is_last = i + 1 == names.size();
    text += (i == 0 ? "" : is_last ? " and " : ", ") + std::string(names[i]);
  }
  return text;
}

// Replaces the defaults by those of the algorithm's authors.
void TakeOver(const rl::CustomaryRun& run, TrainOptions& options) {
  rl::TrainerOptions& trainer = options.trainer;
  trainer.train_steps = run.train_steps;
  trainer.log_every = run.log_every;
  trainer.validate_every = run.validate_every;
  trainer.checkpoint_every = run.checkpoint_every;
  trainer.evaluate_every = run.evaluate_every;
  trainer.learning_rate.peak = run.learning_rate;
  trainer.learning_rate.warmup_steps = run.warmup_steps;
  trainer.learning_rate.schedule = run.schedule;
  options.agent.optimizer = run.optimizer;
  options.agent.model = run.model;
  options.agent.validation_fraction = run.validation_fraction;
  options.evaluation.chains = run.evaluation_chains;
  options.evaluation.rollouts = run.evaluation_rollouts;
}

void AddRunOptions(OptionSet& set, TrainOptions& options) {
  set.Add("dataset", &options.dataset, "HDF5 file to learn from");
  set.Add("task", &options.task, "task to learn; empty: the one the data was collected for");
  set.AddChoice("algorithm", &options.algorithm, AlgorithmNames(), AlgorithmHelp());
  set.Add("seed", &options.agent.seed, "decides initial weights, draws and dropout");
  set.Add("runs", &options.runs, "folder that the run's folder is made in");
  set.Add("resume", &options.resume,
          "run folder to continue, with its own configuration; flags given besides override it");
  set.Add("run-folder", &options.run_folder,
          "folder to make the run in, instead of a new one below --runs");
  set.Add("seeds", &options.seeds,
          "one run for each of these: 1,2,3 or 1-5, or a single number of seeds counted up from "
          "--seed; --resume their folder after an interruption");
  set.Add("jobs", &options.jobs, "runs of --seeds at once, which share the threads");
  set.Add("json", &options.json, "file for the result as JSON, - for stdout");
  set.Add("threads", &options.num_threads,
          "threads of the arithmetic and of the environments, shared by the ranks of this host");
  set.Add("ring-size", &options.ring_size,
          "processes that share every context; started here unless `ringrl launch`, torchrun or "
          "the like has started them");
  set.Add("trace", &options.trace,
          "file for a timeline of compute, hops and waits of all ranks, for chrome://tracing");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
}

void AddTrainerOptions(OptionSet& set, TrainOptions& options) {
  rl::TrainerOptions& trainer = options.trainer;
  rl::LearningRateOptions& rate = trainer.learning_rate;
  set.Add("train.steps", &trainer.train_steps, "optimizer updates in all");
  set.Add("train.accumulate", &options.agent.accumulate,
          "batches whose mean makes one update, as one batch so many times as large would, in the "
          "memory of one");
  set.Add("train.learning_rate", &rate.peak, "learning rate after the warm-up");
  set.AddChoice("train.schedule", &rate.schedule, {"cosine", "linear", "constant", "inverse_sqrt"},
                "learning rate after the warm-up: half a cosine or a line down to the floor, "
                "constant, or falling with the root of the updates");
  set.Add("train.warmup_steps", &rate.warmup_steps, "updates with a rising learning rate");
  set.Add("train.learning_rate_floor", &rate.floor_share,
          "lowest rate, as a share of the learning rate; not of constant");
  set.Add("train.schedule_steps", &rate.schedule_steps,
          "update at which cosine and linear end; 0: train.steps. Set it when the run will be "
          "lengthened "
          "later, to have the rates of the long run from the start");
  set.Add("train.log_every", &trainer.log_every, "updates per row of train.csv; 0: no rows");
  set.Add("train.validate_every", &trainer.validate_every, "updates per validation loss; 0: none");
  set.Add("train.checkpoint_every", &trainer.checkpoint_every,
          "updates per checkpoint; 0: only at the end");
  set.Add("train.evaluate_every", &trainer.evaluate_every,
          "updates per evaluation in MuJoCo; 0: none");
  set.Add("train.keep_checkpoints", &trainer.keep_checkpoints,
          "newest checkpoints to keep, beside the best; 0: all");
  set.AddChoice("train.best_by", &trainer.best_by,
                {"last", "mean", "first", "max", "validation_loss"},
                "score that the best checkpoint has: a protocol of the evaluations, or the "
                "validation loss, as always where there are no evaluations");
  set.Add("train.patience", &trainer.patience,
          "scores in a row without an improvement after which training stops; 0: never");
  set.Add("train.min_improvement", &trainer.min_improvement,
          "least improvement that counts for train.patience");
}

void AddEvaluationOptions(OptionSet& set, PolicyEvaluationOptions& evaluation) {
  set.Add("evaluation.chains", &evaluation.chains, "chains to play at once");
  set.Add("evaluation.rollouts", &evaluation.rollouts, "rollouts of a chain, in one context");
  set.Add("evaluation.seed", &evaluation.seed, "decides the initial states");
  set.Add("evaluation.target_return", &evaluation.target_return,
          "return to ask for; 0: the best of the data");
  set.Add("evaluation.max_context_steps", &evaluation.max_context_steps,
          "steps a policy may remember; 0: no limit");
}

void AddChainOptions(OptionSet& set, rl::AgentOptions& agent) {
  set.Add("chain.trajectories", &agent.chain.trajectories,
          "most trajectories of a training context");
  set.AddChoice("chain.count", &agent.chain.count, {"uniform", "fixed"},
                "how many a context has: 1..chain.trajectories, drawn anew each time, or all");
  set.AddChoice("chain.draw", &agent.chain.draw, {"length", "spread", "band", "history"},
                "which ones: in proportion to length, from all levels of return evenly, from one "
                "level (chain.band), or consecutive ones as collected");
  set.Add("chain.band", &agent.chain.band,
          "width of the level that chain.draw band draws from, as a share of the episodes");
  set.Add("chain.window", &agent.chain.window,
          "consecutive steps taken of each trajectory; 0: all");
  set.Add("chain.batch", &agent.chain.batch, "contexts per update");
  set.AddChoice("chain.order", &agent.chain.order, {"ascending", "time", "shuffled"},
                "order of a context's trajectories");
  set.AddChoice("chain.relabel", &agent.chain.relabel, {"chain", "own"},
                "return a trajectory is told to reach: the best of its chain, or its own");
  set.Add("chain.return_scale", &agent.chain.return_scale, "returns-to-go are divided by this");
  set.AddChoice("loss.trajectories", &agent.loss.trajectories, {"all", "last", "rising"},
                "trajectories of a context that count");
  set.AddChoice("loss.advantage", &agent.loss.advantage, {"none", "step", "linear"},
                "weigh steps by the exponential of how much better than usual they went on; usual: "
                "the mean at the same step, or a linear fit");
  set.Add("loss.temperature", &agent.loss.temperature,
          "standard deviations of the advantage that make a step count e times as much");
  set.Add("loss.max_weight", &agent.loss.max_weight, "largest weight of a step");
  set.Add("data.validation_fraction", &agent.validation_fraction,
          "share of the episodes held out for the validation loss");
  set.Add("data.validation_batches", &agent.validation_batches,
          "batches that make up one validation loss");
}

void AddDecisionTransformerOptions(OptionSet& set, rl::DecisionTransformerOptions& dt) {
  set.Add("dt.context_steps", &dt.context_steps,
          "steps of a training window, and what a policy remembers");
  set.Add("dt.batch", &dt.batch, "windows per update");
  set.Add("dt.return_scale", &dt.return_scale, "returns-to-go are divided by this");
}

void AddNetworkOptions(OptionSet& set, rl::NetworkOptions& model) {
  set.Add("model.layers", &model.layers, "transformer layers");
  set.Add("model.heads", &model.heads, "attention heads; divides model.dim");
  set.Add("model.dim", &model.dim, "width of the residual stream");
  set.Add("model.feed_forward", &model.feed_forward,
          "width of the feed-forward part, in model.dim");
  set.AddChoice("model.activation", &model.activation, {"relu", "gelu"},
                "of the feed-forward part");
  set.Add("model.embedding_dropout", &model.embedding_dropout, "share of embeddings zeroed");
  set.Add("model.residual_dropout", &model.residual_dropout, "share of layer outputs zeroed");
  set.AddChoice("model.tokens", &model.tokens, {"three", "four", "five", "step"},
                "tokens per step: return, observation, action; reward besides; the completion flag "
                "besides; or all fused into one");
  set.Add("model.attention_dropout", &model.attention_dropout, "share of attention weights zeroed");
  set.AddChoice("model.attention_operands", &model.attention_operands, {"float32", "bfloat16"},
                "what training computes attention from; bfloat16 is faster and coarser");
  set.Add("model.max_episode_steps", &model.max_episode_steps,
          "steps the position embedding covers; at least the longest episode");
  set.Add("model.max_trajectories", &model.max_trajectories,
          "embeddings for the index within the context; 0: none");
}

void AddBaselineOptions(OptionSet& set, rl::BaselineOptions& baseline) {
  set.Add("baseline.batch", &baseline.batch,
          "transitions per update of the algorithms without memory");
  set.AddChoice("baseline.draw", &baseline.draw, {"episode", "transition"},
                "what is drawn uniformly: an episode and then its step, or every transition alike");
  set.Add("baseline.best_share", &baseline.best_share,
          "share of the episodes, the best by return, that bc10 imitates");
  set.Add("baseline.hidden_dim", &baseline.hidden_dim, "width of the perceptrons' hidden layers");
  set.Add("baseline.normalize", &baseline.normalize,
          "bring observations to mean 0 and standard deviation 1");
  set.Add("baseline.noise_std", &baseline.noise_std,
          "standard deviation of the actions while learning");
  set.Add("baseline.noise_clip", &baseline.noise_clip,
          "largest deviation of an action from its mean; 0: any");
  set.Add("baseline.discount", &baseline.discount, "worth of a reward one step later");
  set.Add("baseline.target_rate", &baseline.target_rate,
          "share of the way that the targets' critic follows in each update");
  set.Add("baseline.policy_delay", &baseline.policy_delay,
          "updates of the critic per update of the actor");
}

void AddCriticOptions(OptionSet& set, rl::AgentOptions& agent) {
  set.Add("td3_bc.alpha", &agent.td3_bc.alpha, "weight of the critic against imitation");
  set.AddChoice(
      "crr.weight", &agent.crr.weight, {"indicator", "exp", "identity"},
      "what an action's advantage weighs it by: 1 where positive, its exponential, itself");
  set.Add("crr.value_samples", &agent.crr.value_samples, "actions that a value is the mean over");
  set.Add("cql.alpha", &agent.cql.alpha, "weight of the penalty");
  set.Add("cql.samples", &agent.cql.samples, "actions of each kind that the penalty pushes down");
  set.Add(
      "cql.lagrange", &agent.cql.lagrange,
      "learn the penalty's weight, instead of cql.alpha, so that it becomes cql.target_penalty");
  set.Add("cql.target_penalty", &agent.cql.target_penalty, "what cql.lagrange aims at");
  set.AddChoice("cql.log_density", &agent.cql.log_density, {"dimension", "sum"},
                "each dimension of an action by itself, as ExoRL, or of the whole action");
  set.Add("cql.bound_mean", &agent.cql.bound_mean,
          "keep mean actions within 0.76, as ExoRL does by a second tanh");
}

void AddRingOptions(OptionSet& set, rl::RingOptions& ring) {
  set.AddChoice("ring.layout", &ring.layout, {"zigzag", "striped", "contiguous"},
                "which steps of a context each rank has");
  set.AddChoice("ring.method", &ring.method, {"ring", "all-gather", "heads"},
                "how ranks get to each other's keys: passed round, collected first, or heads "
                "exchanged for steps");
}

void AddOptimizerOptions(OptionSet& set, rl::OptimizerOptions& optimizer) {
  set.Add("optimizer.beta1", &optimizer.beta1, "decay of the mean of gradients");
  set.Add("optimizer.beta2", &optimizer.beta2, "decay of the mean of squared gradients");
  set.Add("optimizer.epsilon", &optimizer.epsilon, "added to the root of the latter");
  set.Add("optimizer.weight_decay", &optimizer.weight_decay, "decoupled decay of weight matrices");
  set.Add("optimizer.gradient_clip", &optimizer.gradient_clip,
          "longest gradient, global 2-norm; 0: unlimited");
}

void WithdrawOptionsOfOthers(OptionSet& set, const std::string& algorithm) {
  for (const std::string& name : set.Names()) {
    const std::vector<std::string_view> readers = rl::ReadersOf(name);
    if (readers.empty() || std::ranges::find(readers, algorithm) != readers.end()) continue;
    set.Withdraw(name, "is an option of " + Listed(readers) + ", not of " + algorithm);
  }
}

}  // namespace

OptionSet DeclareTrainOptions(TrainOptions& options) {
  OptionSet set("train", "fit one algorithm to one dataset");
  AddRunOptions(set, options);
  AddTrainerOptions(set, options);
  AddEvaluationOptions(set, options.evaluation);
  AddChainOptions(set, options.agent);
  AddDecisionTransformerOptions(set, options.agent.dt);
  AddNetworkOptions(set, options.agent.model);
  AddBaselineOptions(set, options.agent.baseline);
  AddCriticOptions(set, options.agent);
  AddRingOptions(set, options.agent.ring);
  AddOptimizerOptions(set, options.agent.optimizer);
  WithdrawOptionsOfOthers(set, options.algorithm);
  set.OfferRecipes(RecipeFolder());
  return set;
}

SavedTrainOptions::SavedTrainOptions(const TrainOptions& options)
    : options_(options), set_(DeclareTrainOptions(options_)) {
  options_.resume.clear();
  options_.run_folder.clear();
  options_.trace.clear();
}

TrainOptions DefaultTrainOptions(std::span<const std::string> arguments) {
  TrainOptions options;
  const std::string algorithm = DeclareTrainOptions(options).Peek(arguments, "algorithm");
  // A name that is none is refused when the arguments are parsed.
  for (const rl::AlgorithmEntry& entry : rl::AlgorithmList()) {
    if (entry.name != algorithm) continue;
    options.algorithm = algorithm;
    if (entry.customary_run) TakeOver(*entry.customary_run, options);
  }
  return options;
}

std::vector<std::string> WithConfigOfResumedRun(std::span<const std::string> arguments) {
  std::vector<std::string> all(arguments.begin(), arguments.end());
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    while (word.starts_with('-')) word.remove_prefix(1);
    std::filesystem::path run;
    if (word.starts_with("resume=")) run = word.substr(word.find('=') + 1);
    if (word == "resume" && i + 1 < arguments.size()) run = arguments[i + 1];
    if (run.empty()) continue;
    if (!std::filesystem::exists(run / "config.cfg")) {
      throw std::invalid_argument("--resume " + run.string() +
                                  " is not a run: it has no config.cfg; give the folder that "
                                  "`ringrl train` printed");
    }
    all.insert(all.begin(), {"--config", (run / "config.cfg").string()});
    return all;
  }
  return all;
}

void ResolveTrainOptions(TrainOptions& options) {
  if (options.dataset.empty()) throw UsageError("--dataset FILE is missing");
  if (options.num_threads < 1) throw UsageError("--threads must be at least 1");
  if (options.ring_size < 1) throw UsageError("--ring-size must be at least 1");
  if (!options.trace.empty() && options.ring_size == 1) {
    throw UsageError("--trace shows the ranks of a ring; give --ring-size 2 or more");
  }
  if (options.jobs < 1) throw UsageError("--jobs must be at least 1");
  if (!options.seeds.empty() && (!options.trace.empty() || !options.run_folder.empty())) {
    throw UsageError("--trace and --run-folder are of one run, and --seeds makes several");
  }
  if (!options.resume.empty() && !options.run_folder.empty()) {
    throw UsageError("--run-folder is of a new run, and --resume names an old one");
  }
  if (options.evaluation.chains < 1 || options.evaluation.rollouts < 1) {
    throw UsageError("--evaluation.chains and --evaluation.rollouts must be at least 1");
  }
  // The saved configuration must mean the same wherever it is used again.
  options.dataset = std::filesystem::absolute(options.dataset);
  options.assets = std::filesystem::absolute(options.assets);
  rl::TrainerOptions& trainer = options.trainer;
  rl::LearningRateOptions& rate = trainer.learning_rate;
  if (rate.schedule_steps == 0) {
    // A trial of fewer steps than the warm-up sees nothing but the warm-up.
    rate.schedule_steps = std::max(trainer.train_steps, rate.warmup_steps + 1);
  }
  rl::Validate(trainer);
  if (trainer.patience > 0 && rl::IsScoredByLoss(trainer) &&
      options.agent.validation_fraction == 0) {
    throw UsageError(
        "--train.patience goes by the validation loss here, and no episodes are held out for it; "
        "set --data.validation_fraction, or --train.evaluate_every and --train.best_by");
  }
}

}  // namespace experiments
