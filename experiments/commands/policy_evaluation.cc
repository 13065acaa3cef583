#include "experiments/commands/policy_evaluation.h"

#include "datasets/catalog.h"
#include "experiments/progress.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace experiments {
namespace {

template <class... Values>
std::string FormatLine(const char* format, Values... values) {
  std::array<char, 256> line;
  std::snprintf(line.data(), line.size(), format, values...);
  return line.data();
}

}  // namespace

rl::PolicyOptions PolicyOptionsOf(const PolicyEvaluationOptions& options) {
  rl::PolicyOptions policy{.target_return = std::nullopt,
                           .max_context_steps = options.max_context_steps};
  if (options.target_return != 0) policy.target_return = options.target_return;
  return policy;
}

rl::ReturnReference ReferenceOf(const std::string& task) {
  const datasets::TaskInfo& info = datasets::FindTask(task);
  const bool measured = !std::isnan(info.random_return);
  return {.random_return = measured ? info.random_return : 0.0,
          .expert_return = info.expert_return,
          .source = "random: " + (measured ? std::string(info.random_source) : "taken as 0") +
                    "; expert: " + std::string(info.expert_source)};
}

rl::VectorEnvironmentOptions ChainEnvironments(const std::string& task,
                                               const std::filesystem::path& assets, int64_t chains,
                                               int num_threads) {
  return {.task = task,
          .assets = assets,
          .num_environments = static_cast<int>(chains),
          .num_threads = num_threads};
}

rl::EvaluationResult EvaluateWithProgress(rl::BatchPolicy& policy,
                                          rl::VectorEnvironment& environment,
                                          const PolicyEvaluationOptions& options,
                                          const StopSignal& stop,
                                          const std::function<void()>& on_state) {
  Progress progress("evaluating", options.rollouts * environment.spec().episode_steps, "steps");
  rl::EvaluationResult result =
      rl::Evaluate(policy, environment,
                   {.num_chains = options.chains,
                    .rollouts_per_chain = options.rollouts,
                    .seed = options.seed,
                    .should_stop = [&stop] { return stop.requested(); },
                    .on_step = [&progress](int64_t done, int64_t) { progress.Update(done); },
                    .on_state = on_state});
  progress.Finish();
  return result;
}

std::string EvaluationTable(const rl::EvaluationResult& result,
                            const rl::ReturnReference& reference) {
  std::string table = FormatLine("%s, %zu chains of %zu rollouts\n", result.task.c_str(),
                                 result.returns.size(), result.returns[0].size());
  table += FormatLine("  %-10s %10s %10s %11s\n", "protocol", "mean", "std error", "normalized");
  for (const rl::Protocol protocol : rl::kProtocols) {
    const rl::ProtocolScore score = rl::Score(result.returns, protocol, reference);
    table += FormatLine("  %-10s %10.1f %10.1f %11.3f\n",
                        std::string(rl::ProtocolName(protocol)).c_str(), score.mean,
                        score.standard_error, score.normalized);
  }
  table += "  mean return of rollout";
  const std::vector<double> means = rl::MeanByRollout(result.returns);
  for (size_t rollout = 0; rollout < means.size(); ++rollout) {
    table += FormatLine("  %zu: %.1f", rollout + 1, means[rollout]);
  }
  table += FormatLine("\n  normalized: 0 is %.1f and 1 is %.1f (", reference.random_return,
                      reference.expert_return) +
           reference.source + ")\n";
  for (const rl::DivergedRollout& rollout : result.diverged) {
    table += FormatLine("  chain %lld, rollout %lld: the simulation diverged and ended early\n",
                        static_cast<long long>(rollout.chain + 1),
                        static_cast<long long>(rollout.rollout + 1));
  }
  for (size_t i = 0; i < rl::kNumWarningKinds; ++i) {
    if (result.warnings.counts[i] == 0) continue;
    table += FormatLine("  MuJoCo warned of %s, %lld times\n",
                        rl::WarningName(static_cast<rl::WarningKind>(i)).data(),
                        static_cast<long long>(result.warnings.counts[i]));
  }
  return table;
}

std::string EvaluationLine(const rl::EvaluationResult& result) {
  std::string line;
  for (const rl::Protocol protocol : rl::kProtocols) {
    line += FormatLine("%s%s %.1f", line.empty() ? "" : "  ",
                       std::string(rl::ProtocolName(protocol)).c_str(),
                       rl::Score(result.returns, protocol, {}).mean);
  }
  return line;
}

}  // namespace experiments
