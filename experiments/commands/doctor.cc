// `ringrl doctor`: what this machine has and what is missing.
//
// Exit status 1 when something the program needs is missing or does not work; what is only nice to
// have never fails.
#include "experiments/benchmarks/peer_environment.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/filming.h"
#include "experiments/environment.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"
#include "rl/env/environment.h"
#include "rl/env/mujoco_error.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <link.h>
#include <unistd.h>

namespace experiments {
namespace {

enum class Verdict { kGood, kMissing, kOptional };

struct Finding {
  std::string what;
  Verdict verdict;
  std::string detail;  // version, path, or what to do
};

// A build needs about 4 GB with two compilers at work, a run far less.
constexpr int64_t kLeastMemoryBytes = 3'500'000'000;
constexpr std::uintmax_t kLeastDiskBytes = 2'000'000'000;

const char* VerdictText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return "ok";
    case Verdict::kMissing:
      return "MISSING";
    case Verdict::kOptional:
      return "optional";
  }
  return "";
}

// Paths of the shared libraries in this process.
std::vector<std::filesystem::path> LoadedLibraries() {
  std::vector<std::filesystem::path> paths;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        static_cast<std::vector<std::filesystem::path>*>(out)->emplace_back(info->dlpi_name);
        return 0;
      },
      &paths);
  return paths;
}

void LookAtLibraries(std::vector<Finding>& findings) {
  for (const auto& [name, version] : LibraryVersions()) {
    findings.push_back({name, Verdict::kGood, version});
  }
  const bool same = rl::MujocoHeaderVersion() == rl::MujocoLibraryVersion();
  findings.push_back(
      {"MuJoCo headers", same ? Verdict::kGood : Verdict::kMissing,
       rl::MujocoHeaderVersion() + (same ? "" : ", not the library's version; build again")});
  const std::vector<std::filesystem::path> loaded = LoadedLibraries();
  for (const std::string name : {"libtorch_cpu", "libmujoco", "libhdf5", "libzip", "libdeflate",
                                 "libboost_program_options", "libgomp"}) {
    const auto found = std::ranges::find_if(loaded, [&](const std::filesystem::path& path) {
      return path.filename().string().starts_with(name);
    });
    if (found == loaded.end()) {
      // Linked into the program itself, or not needed by this build.
      findings.push_back({name, Verdict::kOptional, "not loaded as a shared library"});
    } else {
      findings.push_back({name, Verdict::kGood, std::filesystem::canonical(*found).string()});
    }
  }
}

void LookAtMachine(std::vector<Finding>& findings) {
  const Machine machine = DescribeMachine();
  findings.push_back(
      {"processor", Verdict::kGood, machine.cpu + ", " + std::to_string(machine.cores) + " cores"});
  findings.push_back(
      {"memory", machine.memory_bytes >= kLeastMemoryBytes ? Verdict::kGood : Verdict::kMissing,
       FormatBytes(static_cast<double>(machine.memory_bytes)) + " (at least 3.5 GB)"});
  findings.push_back({"GPU", machine.gpu ? Verdict::kGood : Verdict::kOptional,
                      machine.gpu.value_or("none; not needed")});
  const std::filesystem::path here = std::filesystem::current_path();
  const std::uintmax_t available = std::filesystem::space(here).available;
  findings.push_back({"disk", available >= kLeastDiskBytes ? Verdict::kGood : Verdict::kMissing,
                      FormatBytes(static_cast<double>(available)) + " free in " + here.string() +
                          " (at least 2 GB)"});
  const bool writable = access(here.c_str(), W_OK) == 0;
  findings.push_back({"folder for runs", writable ? Verdict::kGood : Verdict::kMissing,
                      writable ? here.string() : here.string() + " cannot be written to"});
}

// Whether a task can be made, which loads its model: the surest look at the assets.
void LookAtTasks(std::vector<Finding>& findings) {
  const std::filesystem::path assets = AssetFolder();
  for (const std::string task : {"walker_walk", "cartpole_swingup"}) {
    try {
      rl::MakeEnvironment(task, assets);
      findings.push_back({task, Verdict::kGood, "simulates, models from " + assets.string()});
    } catch (const std::exception& error) {
      findings.push_back({task, Verdict::kMissing, error.what()});
    }
  }
  std::error_code none;
  const bool has_recipe = std::filesystem::exists(RecipeFolder() / "quickstart.cfg", none);
  findings.push_back({"recipes", has_recipe ? Verdict::kGood : Verdict::kMissing,
                      has_recipe ? RecipeFolder().string()
                                 : "no quickstart.cfg in " + RecipeFolder().string() +
                                       "; set RINGRL_RECIPES to the folder of recipes"});
}

// The first line a command prints, or "".
std::string OutputOf(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  char line[512] = "";
  if (!pipe || std::fgets(line, sizeof(line), pipe.get()) == nullptr) return {};
  std::string text(line);
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

// What `--video` and `--contact-sheet` would draw and write with.
void LookAtDrawing(std::vector<Finding>& findings) {
  try {
    findings.push_back({"OpenGL", Verdict::kGood, MakeChosenGlContext()->description()});
  } catch (const std::exception& error) {
    findings.push_back({"OpenGL", Verdict::kOptional, error.what()});
  }
  const std::string version = OutputOf("ffmpeg -version 2>/dev/null");
  findings.push_back({"ffmpeg", version.empty() ? Verdict::kOptional : Verdict::kGood,
                      version.empty()
                          ? "none; films can only be folders of PNG frames; apt-get install ffmpeg"
                          : version.substr(0, version.find(" Copyright"))});
}

void LookAtPeers(std::vector<Finding>& findings) {
  const std::filesystem::path python = FindPeerPython();
  for (const std::string module : {"numpy", "h5py", "minari", "dm_control", "envpool"}) {
    std::string version;
    if (!python.empty()) {
      version = OutputOf("'" + python.string() +
                         "' -c 'import importlib.metadata as m; print(m.version(\"" + module +
                         "\"))' 2>/dev/null");
    }
    findings.push_back({"Python " + module, version.empty() ? Verdict::kOptional : Verdict::kGood,
                        version.empty() ? "none; only benchmarks compare with it" : version});
  }
}

}  // namespace

int RunDoctor(Arguments arguments) {
  std::string json;
  OptionSet options("doctor", "say what this machine has and what is missing");
  options.Add("json", &json, "file for the findings as JSON, - for stdout");
  if (options.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  std::vector<Finding> findings{
      {"ringrl", Verdict::kGood,
       std::string(ProgramVersion()) + " (" + std::string(ProgramCommit()) + ")"}};
  LookAtMachine(findings);
  LookAtLibraries(findings);
  LookAtTasks(findings);
  LookAtDrawing(findings);
  LookAtPeers(findings);

  nlohmann::json result = ResultEnvelope("doctor");
  bool is_complete = true;
  std::FILE* const out = TableStream(json);
  for (const Finding& finding : findings) {
    is_complete = is_complete && finding.verdict != Verdict::kMissing;
    std::fprintf(out, "%-9s %-24s %s\n", VerdictText(finding.verdict), finding.what.c_str(),
                 finding.detail.c_str());
    result["rows"].push_back({{"what", finding.what},
                              {"verdict", VerdictText(finding.verdict)},
                              {"detail", finding.detail}});
  }
  WriteJson(result, json);
  std::fputs(is_complete ? "everything needed is here\n" : "something needed is missing\n", out);
  return is_complete ? 0 : 1;
}

}  // namespace experiments
