// Scalars for TensorBoard, written without protobuf.
//
// A file is a sequence of TFRecords, each
//   uint64 length | uint32 masked CRC of length | bytes | uint32 masked CRC of bytes little-endian
// whose bytes are one tensorflow.Event. Of that message only these fields are needed:
//   1 wall_time (double)   2 step (varint)   3 file_version (string)
//   5 summary { 1 value { 1 tag (string)  2 simple_value (float) } }
//   7 session_log { 1 status (varint, 1 = START) }
#ifndef RL_TRAIN_TFEVENTS_H_
#define RL_TRAIN_TFEVENTS_H_

#include "rl/agents/algorithm.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace rl {

// CRC-32C (Castagnoli) of `bytes`, and TFRecord's mask of it.
uint32_t Crc32c(std::string_view bytes);
uint32_t MaskedCrc32c(std::string_view bytes);

// `payload` framed as one TFRecord.
std::string TfRecord(std::string_view payload);

class EventWriter {
 public:
  // Opens a new events.out.tfevents.* in `folder`. `wall_time` is in seconds since 1970. A run that
  // goes on tells readers to forget what older files hold after `resume_step`; -1 for a new run.
  EventWriter(const std::filesystem::path& folder, double wall_time, int64_t resume_step);

  // Adds one event with a value per metric, tagged `prefix` + its name; undefined ones are left
  // out. Flushed before returning.
  void Append(int64_t train_step, double wall_time, const std::string& prefix,
              const Metrics& metrics);

  const std::filesystem::path& path() const { return path_; }

 private:
  void Write(std::string_view event);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace rl

#endif  // RL_TRAIN_TFEVENTS_H_
