// What a dataset file says about itself as a whole: the attributes of its root group.
#ifndef DATASETS_DATASET_ATTRIBUTES_H_
#define DATASETS_DATASET_ATTRIBUTES_H_

#include <cstdint>
#include <string>

namespace datasets {

// The layout that FORMAT.md describes. A reader takes this one and all before it.
inline constexpr int64_t kFormatVersion = 2;

struct DatasetAttributes {
  std::string domain;  // a name of the catalog
  std::string
      collector;  // who gathered the data: "proto", "rnd", "ddpg", ...; "unknown" if nobody said
  // Task whose reward `Episode::rewards` holds; "collected" when the source did not say.
  std::string task = "collected";
  // Rule behind infos/rewards/<task>: "none", "zero" (control 0, ExoRL's own) or "recorded".
  std::string relabelling = "none";
  std::string mujoco_version;  // that computed the relabelled rewards; empty if none were
  std::string sources;         // where the episodes came from, one path or name a line

  int64_t observation_dim = 0;
  int64_t action_dim = 0;
  int64_t physics_dim = 0;  // 0: physics states are not stored

  // Filled by the writer.
  bool compressed = false;
  int64_t format_version = kFormatVersion;
  int64_t total_episodes = 0;
  int64_t total_steps = 0;

  bool operator==(const DatasetAttributes&) const = default;
};

}  // namespace datasets

#endif  // DATASETS_DATASET_ATTRIBUTES_H_
