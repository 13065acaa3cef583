#include "datasets/episode_reader.h"

#include "datasets/catalog.h"
#include "datasets/hdf5.h"

#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

constexpr char kRewards[] = "infos/rewards";
constexpr char kExtras[] = "infos/extras";

[[noreturn]] void Refuse(const std::string& place, const std::string& what) {
  throw std::invalid_argument(place + ": " + what);
}

// What an HDF5 file that is not ours seems to be.
[[noreturn]] void RefuseForeign(const Hdf5Group& root) {
  std::string guess = "it is an HDF5 file of another program";
  if (root.Has("observations") && root.Has("terminals")) {
    guess = "it is a D4RL file";
  } else if (root.Has("data/demo_0")) {
    guess = "it is a robomimic file";
  } else if (root.Has("episode_0")) {
    guess = "it is a Minari file without this project's attributes";
  }
  Refuse(root.place(), guess + ", not a dataset made by `ringrl dataset import`");
}

DatasetAttributes ReadAttributes(const Hdf5Group& root) {
  if (!root.HasAttribute("ringrl_format_version")) RefuseForeign(root);
  DatasetAttributes attributes;
  attributes.format_version = root.ReadInteger("ringrl_format_version");
  if (attributes.format_version < 1 || attributes.format_version > kFormatVersion) {
    Refuse(root.place(), "its format version is " + std::to_string(attributes.format_version) +
                             ", this program reads up to " + std::to_string(kFormatVersion) +
                             "; use a newer version of it");
  }
  attributes.domain = root.ReadString("domain");
  attributes.collector = root.ReadString("collector");
  attributes.task = root.ReadString("task");
  attributes.relabelling = root.ReadString("relabelling");
  attributes.mujoco_version = root.ReadString("mujoco_version");
  attributes.sources = root.ReadString("sources");
  attributes.observation_dim = root.ReadInteger("observation_dim");
  attributes.action_dim = root.ReadInteger("action_dim");
  attributes.physics_dim = root.ReadInteger("physics_dim");
  attributes.compressed = root.ReadInteger("compressed") != 0;
  attributes.total_episodes = root.ReadInteger("total_episodes");
  attributes.total_steps = root.ReadInteger("total_steps");
  if (attributes.observation_dim < 1 || attributes.action_dim < 1 || attributes.physics_dim < 0 ||
      attributes.total_episodes < 0 || attributes.total_steps < 0) {
    Refuse(root.place(), "its attributes hold impossible sizes; the file is damaged");
  }
  return attributes;
}

int64_t NumSteps(const Hdf5Group& episode) {
  const int64_t steps = episode.ReadInteger("total_steps");
  // No column may claim more elements than fit into memory at all.
  if (steps < 1 || steps > INT32_MAX) Refuse(episode.place(), "its total_steps cannot be right");
  return steps;
}

// Reads one column whose type and shape are known beforehand.
template <class T>
std::vector<T> ReadColumnOf(const Hdf5Group& episode, const std::string& name, ElementType type,
                            const std::vector<int64_t>& shape) {
  const Hdf5Dataset dataset = episode.OpenDataset(name);
  if (dataset.type() != type || dataset.shape() != shape) {
    Refuse(episode.place() + ": " + name, "it is " + std::string(NumpyName(dataset.type())) +
                                              " of shape " + ShapeText(dataset.shape()) +
                                              ", but must be " + std::string(NumpyName(type)) +
                                              " of shape " + ShapeText(shape));
  }
  std::vector<T> values(static_cast<size_t>(dataset.num_elements()));
  dataset.Read(std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<float> ReadTaskReward(const Hdf5Group& episode, const std::string& task, int64_t rows) {
  const std::string name = std::string(kRewards) + "/" + task;
  std::vector<int64_t> shape{rows};
  if (task == kCollectedReward) {
    const std::vector<int64_t> stored = episode.OpenDataset(name).shape();
    if (stored.size() == 2 && stored[1] >= 2 && stored[1] <= 16) shape.push_back(stored[1]);
  }
  return ReadColumnOf<float>(episode, name, ElementType::kFloat32, shape);
}

NpyArray ReadExtra(const Hdf5Group& episode, const std::string& key) {
  const Hdf5Dataset dataset = episode.OpenDataset(std::string(kExtras) + "/" + key);
  NpyArray array{dataset.type(), dataset.shape(), {}};
  array.bytes.resize(static_cast<size_t>(dataset.num_elements()) * ElementSize(array.type));
  dataset.Read(array.bytes);
  return array;
}

}  // namespace

struct EpisodeReader::State {
  std::filesystem::path path;
  Hdf5File file;
  DatasetAttributes attributes;

  Hdf5Group Group(int64_t episode) const {
    if (episode < 0 || episode >= attributes.total_episodes) {
      throw std::logic_error("episode " + std::to_string(episode) + " of " +
                             std::to_string(attributes.total_episodes) + " was asked for");
    }
    return file.root().Open("episode_" + std::to_string(episode));
  }
};

EpisodeReader::EpisodeReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
EpisodeReader::EpisodeReader(EpisodeReader&&) noexcept = default;
EpisodeReader& EpisodeReader::operator=(EpisodeReader&&) noexcept = default;
EpisodeReader::~EpisodeReader() = default;

EpisodeReader EpisodeReader::Open(const std::filesystem::path& path) {
  Hdf5File file = Hdf5File::Open(path);
  DatasetAttributes attributes = ReadAttributes(file.root());
  return EpisodeReader(
      std::unique_ptr<State>(new State{path, std::move(file), std::move(attributes)}));
}

const std::filesystem::path& EpisodeReader::path() const { return state_->path; }

const DatasetAttributes& EpisodeReader::attributes() const { return state_->attributes; }

int64_t EpisodeReader::num_episodes() const { return state_->attributes.total_episodes; }

int64_t EpisodeReader::num_steps(int64_t episode) const { return NumSteps(state_->Group(episode)); }

std::vector<std::string> EpisodeReader::tasks() const {
  std::vector<std::string> tasks;
  if (num_episodes() == 0) return tasks;
  const Hdf5Group group = state_->Group(0);
  if (!group.Has(kRewards)) return tasks;
  for (const std::string& name : group.Open(kRewards).names()) {
    if (name != kCollectedReward) tasks.push_back(name);
  }
  return tasks;
}

Episode EpisodeReader::Read(int64_t index, const EpisodeColumns& columns) const {
  const Hdf5Group group = state_->Group(index);
  const DatasetAttributes& attributes = state_->attributes;
  Episode episode;
  episode.num_steps = NumSteps(group);
  if (group.HasAttribute("source_index")) episode.source_index = group.ReadInteger("source_index");
  const int64_t steps = episode.num_steps;
  const int64_t rows = steps + 1;
  episode.observations = ReadColumnOf<float>(group, "observations", ElementType::kFloat32,
                                             {rows, attributes.observation_dim});
  episode.actions =
      ReadColumnOf<float>(group, "actions", ElementType::kFloat32, {steps, attributes.action_dim});
  episode.rewards = ReadColumnOf<float>(group, "rewards", ElementType::kFloat32, {steps});
  episode.terminations = ReadColumnOf<uint8_t>(group, "terminations", ElementType::kBool, {steps});
  episode.truncations = ReadColumnOf<uint8_t>(group, "truncations", ElementType::kBool, {steps});
  if (columns.physics && attributes.physics_dim > 0) {
    episode.physics = ReadColumnOf<double>(group, "infos/physics", ElementType::kFloat64,
                                           {rows, attributes.physics_dim});
  }
  if (columns.discounts && group.Has("infos/discount")) {
    episode.discounts = ReadColumnOf<float>(group, "infos/discount", ElementType::kFloat32, {rows});
  }
  if (columns.task_rewards && group.Has(kRewards)) {
    for (const std::string& task : group.Open(kRewards).names()) {
      episode.task_rewards[task] = ReadTaskReward(group, task, rows);
    }
  }
  if (columns.extras && group.Has(kExtras)) {
    for (const std::string& key : group.Open(kExtras).names()) {
      episode.extras[key] = ReadExtra(group, key);
    }
  }
  return episode;
}

EpisodeArrays EpisodeReader::Find(int64_t episode, std::span<const std::string> names) const {
  const Hdf5Group group = state_->Group(episode);
  EpisodeArrays found{NumSteps(group), {}};
  for (const std::string& name : names) found.arrays.push_back(group.OpenDataset(name));
  return found;
}

void EpisodeReader::ReadColumn(int64_t episode, const std::string& column,
                               std::span<float> values) const {
  state_->Group(episode).OpenDataset(column).ReadFloats(values);
}

}  // namespace datasets
