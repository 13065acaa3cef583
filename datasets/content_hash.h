// A name for what a run learned from: a hash of the numbers, whatever file they came out of.
#ifndef DATASETS_CONTENT_HASH_H_
#define DATASETS_CONTENT_HASH_H_

#include "datasets/episode_tensors.h"

#include <string>

namespace datasets {

// SHA-256 of, one after another: the episodes' lengths (int64), the observations, the actions and
// the rewards (float32), each little-endian and all episodes in order.
std::string ContentHash(const EpisodeTensors& episodes);

}  // namespace datasets

#endif  // DATASETS_CONTENT_HASH_H_
