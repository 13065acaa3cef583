#include "rl/render/video.h"

#include "datasets/replacement_file.h"
#include "rl/render/ffmpeg.h"
#include "rl/render/png_file.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rl {
namespace {

std::vector<std::string> EncoderArguments(const VideoOptions& options,
                                          const std::filesystem::path& output) {
  std::array<char, 32> rate;
  std::snprintf(rate.data(), rate.size(), "%.9g", options.frames_per_second);
  const std::string size = std::to_string(options.width) + "x" + std::to_string(options.height);
  std::vector<std::string> arguments;
  const auto add = [&arguments](std::initializer_list<std::string> words) {
    arguments.insert(arguments.end(), words);
  };
  add({"-nostdin", "-loglevel", "error", "-y"});
  add({"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", rate.data(), "-i", "pipe:0"});
  // What every browser plays.
  add({"-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20", "-movflags", "+faststart"});
  add({"-f", "mp4", "file:" + output.string()});
  return arguments;
}

class Mp4Writer : public VideoWriter {
 public:
  Mp4Writer(const std::filesystem::path& path, const VideoOptions& options)
      : file_(path), ffmpeg_(EncoderArguments(options, file_.temporary())) {}

  void Write(const Frame& frame) override { ffmpeg_.Write(frame.pixels); }
  void Finish() override {
    ffmpeg_.Finish();
    file_.Commit();
  }

 private:
  datasets::ReplacementFile file_;
  FfmpegProcess ffmpeg_;
};

class PngFolderWriter : public VideoWriter {
 public:
  explicit PngFolderWriter(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    if (!std::filesystem::is_empty(folder_)) {
      throw std::invalid_argument("the folder for frames, " + folder_.string() +
                                  ", is not empty; delete it or give another");
    }
  }

  void Write(const Frame& frame) override {
    std::array<char, 32> name;
    std::snprintf(name.data(), name.size(), "frame_%05lld.png",
                  static_cast<long long>(num_frames_++));
    WritePng(folder_ / name.data(), frame);
  }
  void Finish() override {}

 private:
  std::filesystem::path folder_;
  int64_t num_frames_ = 0;
};

}  // namespace

std::unique_ptr<VideoWriter> OpenVideo(const std::filesystem::path& path,
                                       const VideoOptions& options) {
  if (!path.empty() && !path.has_filename()) return std::make_unique<PngFolderWriter>(path);
  if (path.extension() != ".mp4") {
    throw std::invalid_argument(
        "a video is a file whose name ends in .mp4, or a folder of PNG "
        "frames whose name ends in /; got '" +
        path.string() + "'");
  }
  if (options.width % 2 != 0 || options.height % 2 != 0) {
    throw std::invalid_argument("an .mp4 of " + std::to_string(options.width) + " x " +
                                std::to_string(options.height) +
                                " pixels: both sides must be even");
  }
  return std::make_unique<Mp4Writer>(path, options);
}

}  // namespace rl
