#include "experiments/reproduce/cartpole_data.h"

#include "datasets/catalog.h"
#include "datasets/episode_writer.h"
#include "rl/env/mujoco_error.h"

#include <vector>

namespace experiments {

void MakeCartpoleData(const rl::CartpoleCollectionOptions& options, const std::string& made_by,
                      const std::filesystem::path& path) {
  const datasets::DomainInfo& domain = datasets::FindDomain("cartpole");
  datasets::DatasetAttributes attributes;
  attributes.domain = domain.name;
  attributes.collector = "controller";
  attributes.task = "cartpole_swingup";
  attributes.mujoco_version = rl::MujocoLibraryVersion();
  attributes.sources = made_by + ", seed " + std::to_string(options.seed);
  attributes.observation_dim = domain.observation_dim;
  attributes.action_dim = domain.action_dim;
  attributes.physics_dim = domain.physics_dim;

  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  datasets::EpisodeWriter writer(path, attributes);
  const std::vector<datasets::Episode> episodes = rl::CollectCartpole(options);
  for (const datasets::Episode& episode : episodes) writer.Append(episode);
  writer.Finish();
}

}  // namespace experiments
