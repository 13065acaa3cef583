#include "datasets/episode_writer.h"

#include "datasets/hdf5.h"
#include "datasets/replacement_file.h"

#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

// Collects the columns of one episode, each checked against the shape it must have.
class Encoder {
 public:
  Encoder(EncodedEpisode* encoded, bool compress) : encoded_(encoded), compress_(compress) {}

  template <class T>
  void Add(const std::string& name, ElementType type, const std::vector<T>& values,
           std::vector<int64_t> shape, bool recurs = false) {
    if (NumElements(shape) != static_cast<int64_t>(values.size())) {
      throw std::invalid_argument("an episode's " + name + " has " + std::to_string(values.size()) +
                                  " values instead of shape " + ShapeText(shape));
    }
    AddBytes(name, type, std::move(shape), std::as_bytes(std::span(values)), recurs);
  }

  void AddBytes(const std::string& name, ElementType type, std::vector<int64_t> shape,
                std::span<const std::byte> bytes, bool recurs = false) {
    const bool compress = compress_ && !bytes.empty();
    encoded_->columns.push_back(
        {name, EncodeChunk(type, std::move(shape), bytes, compress), recurs});
  }

 private:
  EncodedEpisode* encoded_;
  bool compress_;
};

void WriteAttributes(const Hdf5Group& root, const DatasetAttributes& attributes) {
  root.WriteInteger("ringrl_format_version", kFormatVersion);
  root.WriteString("domain", attributes.domain);
  root.WriteString("collector", attributes.collector);
  root.WriteString("task", attributes.task);
  root.WriteString("relabelling", attributes.relabelling);
  root.WriteString("mujoco_version", attributes.mujoco_version);
  root.WriteString("sources", attributes.sources);
  root.WriteInteger("observation_dim", attributes.observation_dim);
  root.WriteInteger("action_dim", attributes.action_dim);
  root.WriteInteger("physics_dim", attributes.physics_dim);
  root.WriteInteger("compressed", attributes.compressed ? 1 : 0);
}

}  // namespace

EncodedEpisode EncodeEpisode(const Episode& episode, const DatasetAttributes& attributes,
                             const EpisodeWriterOptions& options) {
  const int64_t steps = episode.num_steps;
  const int64_t rows = steps + 1;
  if (steps < 1) throw std::invalid_argument("an episode has no steps");
  EncodedEpisode encoded{steps, episode.source_index, {}};
  Encoder encoder(&encoded, options.compress);
  encoder.Add("observations", ElementType::kFloat32, episode.observations,
              {rows, attributes.observation_dim});
  encoder.Add("actions", ElementType::kFloat32, episode.actions, {steps, attributes.action_dim});
  encoder.Add("rewards", ElementType::kFloat32, episode.rewards, {steps});
  encoder.Add("terminations", ElementType::kBool, episode.terminations, {steps},
              /*recurs=*/true);
  encoder.Add("truncations", ElementType::kBool, episode.truncations, {steps},
              /*recurs=*/true);
  if (attributes.physics_dim > 0) {
    encoder.Add("infos/physics", ElementType::kFloat64, episode.physics,
                {rows, attributes.physics_dim});
  }
  if (!episode.discounts.empty()) {
    encoder.Add("infos/discount", ElementType::kFloat32, episode.discounts, {rows},
                /*recurs=*/true);
  }
  for (const auto& [task, rewards] : episode.task_rewards) {
    const auto columns = static_cast<int64_t>(rewards.size()) / rows;
    const bool per_target = task == kCollectedReward && columns > 1;
    encoder.Add("infos/rewards/" + task, ElementType::kFloat32, rewards,
                per_target ? std::vector{rows, columns} : std::vector{rows});
  }
  for (const auto& [key, array] : episode.extras) {
    encoder.AddBytes("infos/extras/" + key, array.type, array.shape, array.bytes);
  }
  return encoded;
}

struct EpisodeWriter::State {
  DatasetAttributes attributes;
  EpisodeWriterOptions options;
  ReplacementFile file;
  Hdf5File hdf5;  // closed before `file` removes what it wrote
};

EpisodeWriter::EpisodeWriter(const std::filesystem::path& path, const DatasetAttributes& attributes,
                             const EpisodeWriterOptions& options) {
  if (attributes.observation_dim < 1 || attributes.action_dim < 1 || attributes.physics_dim < 0) {
    throw std::logic_error("a dataset was begun without its dimensions");
  }
  ReplacementFile file(path);
  Hdf5File hdf5 = Hdf5File::Create(file.temporary(), path.string());
  state_.reset(new State{attributes, options, std::move(file), std::move(hdf5)});
  state_->attributes.total_episodes = 0;
  state_->attributes.total_steps = 0;
  state_->attributes.compressed = options.compress;
  WriteAttributes(state_->hdf5.root(), state_->attributes);
}

EpisodeWriter::~EpisodeWriter() = default;

const DatasetAttributes& EpisodeWriter::attributes() const { return state_->attributes; }

const EpisodeWriterOptions& EpisodeWriter::options() const { return state_->options; }

void EpisodeWriter::Append(const Episode& episode) {
  Append(EncodeEpisode(episode, state_->attributes, state_->options));
}

void EpisodeWriter::Append(const EncodedEpisode& episode) {
  DatasetAttributes& attributes = state_->attributes;
  const int64_t index = attributes.total_episodes;
  const Hdf5Group group = state_->hdf5.root().Create("episode_" + std::to_string(index));
  group.WriteInteger("id", index);
  group.WriteInteger("total_steps", episode.num_steps);
  group.WriteInteger("source_index", episode.source_index);
  std::string parent;  // of the column before; columns of one group follow each other
  for (const EncodedEpisode::Column& column : episode.columns) {
    for (size_t slash = column.name.find('/'); slash != std::string::npos;
         slash = column.name.find('/', slash + 1)) {
      const std::string folder = column.name.substr(0, slash);
      if (parent.starts_with(folder)) continue;
      group.Create(folder);
      parent = folder;
    }
    if (column.recurs) {
      group.WriteShared(column.name, column.chunk);
    } else {
      group.WriteChunk(column.name, column.chunk);
    }
  }
  state_->hdf5.CheckWritten();
  attributes.total_episodes += 1;
  attributes.total_steps += episode.num_steps;
}

void EpisodeWriter::Finish() {
  state_->hdf5.root().WriteInteger("total_episodes", state_->attributes.total_episodes);
  state_->hdf5.root().WriteInteger("total_steps", state_->attributes.total_steps);
  state_->hdf5.Close();
  state_->file.Commit();
}

}  // namespace datasets
