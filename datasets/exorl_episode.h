// One ExoRL .npz file as an Episode, and back.
//
// The file's five arrays have T + 1 rows: observation, action, reward, discount (float32) and
// physics (float64). Row 0 is the reset. Nothing of it is lost: the arrays written back equal the
// ones read, bit for bit.
#ifndef DATASETS_EXORL_EPISODE_H_
#define DATASETS_EXORL_EPISODE_H_

#include "datasets/catalog.h"
#include "datasets/episode.h"
#include "datasets/exorl_source.h"
#include "datasets/npz.h"

#include <filesystem>
#include <string>

namespace datasets {

struct ExorlFormat {
  const DomainInfo& domain;
  // Column of a reward array with one column per target (mazes) that becomes Episode::rewards.
  int64_t reward_column = 0;
};

// Throws std::invalid_argument, its sentence opened by the file's name, when an array is missing,
// has another type, rank or length, belongs to another domain, or holds values that cannot be.
Episode ParseExorlEpisode(const NpzArchive& npz, const ExorlFileName& file,
                          const ExorlFormat& format);

// Writes `folder`/episode_<index>_<T>.npz, numbered by its source_index, or by `index` without one.
void WriteExorlEpisode(const Episode& episode, int64_t index, const std::filesystem::path& folder);

}  // namespace datasets

#endif  // DATASETS_EXORL_EPISODE_H_
