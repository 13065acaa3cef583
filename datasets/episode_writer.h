// Writes episodes, one after another, into a new dataset file.
//
// The costly part of an append, checksums and compression, is a pure function of the episode
// (EncodeEpisode) that any thread may run; what is left for the writer is handing finished chunks
// to HDF5, which lets in one thread at a time.
#ifndef DATASETS_EPISODE_WRITER_H_
#define DATASETS_EPISODE_WRITER_H_

#include "datasets/chunk_codec.h"
#include "datasets/dataset_attributes.h"
#include "datasets/episode.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace datasets {

struct EpisodeWriterOptions {
  // Shuffle + deflate level 1. Exploration data are noise in the low bits: files shrink by 6 % and
  // read at half the speed, hence off by default.
  bool compress = false;
};

// An episode as the chunks that go to disk.
struct EncodedEpisode {
  struct Column {
    std::string name;  // below the episode's group: "infos/physics"
    EncodedChunk chunk;
    bool recurs = false;  // in most episodes of this length: stored once, with several names
  };
  int64_t num_steps = 0;
  int64_t source_index = -1;
  std::vector<Column> columns;
};

// Throws std::invalid_argument when a column's length does not follow from `num_steps` and the
// sizes in `attributes`.
EncodedEpisode EncodeEpisode(const Episode& episode, const DatasetAttributes& attributes,
                             const EpisodeWriterOptions& options);

// A dataset file in the making. It lives under a temporary name beside `path` until Finish has
// synced it to disk and renamed it; destroyed before that, it leaves nothing behind and an older
// file at `path` stays as it was. Failure to write (a full disk) is a std::runtime_error.
class EpisodeWriter {
 public:
  EpisodeWriter(const std::filesystem::path& path, const DatasetAttributes& attributes,
                const EpisodeWriterOptions& options = {});
  ~EpisodeWriter();

  const DatasetAttributes& attributes() const;
  const EpisodeWriterOptions& options() const;

  void Append(const Episode& episode);
  void Append(const EncodedEpisode& episode);  // made with this writer's attributes and options
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace datasets

#endif  // DATASETS_EPISODE_WRITER_H_
