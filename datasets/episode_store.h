// A dataset file: episodes in HDF5, in the layout that Minari 0.5 reads. See FORMAT.md.
#ifndef DATASETS_EPISODE_STORE_H_
#define DATASETS_EPISODE_STORE_H_

#include "datasets/dataset_attributes.h"  // IWYU pragma: export
#include "datasets/episode.h"             // IWYU pragma: export
#include "datasets/episode_reader.h"      // IWYU pragma: export
#include "datasets/episode_writer.h"      // IWYU pragma: export

#endif  // DATASETS_EPISODE_STORE_H_
