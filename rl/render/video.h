// A film, frame by frame: an .mp4 by way of ffmpeg, or a folder of PNG files.
#ifndef RL_RENDER_VIDEO_H_
#define RL_RENDER_VIDEO_H_

#include "rl/render/frame.h"

#include <filesystem>
#include <memory>

namespace rl {

struct VideoOptions {
  int width = 640;  // pixels; even for an .mp4, whose colors are stored for 2 x 2 pixels
  int height = 480;
  double frames_per_second = 40;
};

// Nothing stands under the final name before Finish(); what is given up leaves nothing behind.
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;

  // Both throw std::runtime_error with the reason when it cannot be written.
  virtual void Write(const Frame& frame) = 0;
  virtual void Finish() = 0;
};

// A name that ends in .mp4 is a film (H.264, plays in browsers); one that ends in / is a folder,
// made if it is missing, that gets frame_00000.png, frame_00001.png, ... Throws
// std::invalid_argument for any other name, an odd size of an .mp4, and a folder that has files in
// it; std::runtime_error when there is no ffmpeg.
std::unique_ptr<VideoWriter> OpenVideo(const std::filesystem::path& path,
                                       const VideoOptions& options);

}  // namespace rl

#endif  // RL_RENDER_VIDEO_H_
