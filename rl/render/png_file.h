// A frame as a PNG file.
#ifndef RL_RENDER_PNG_FILE_H_
#define RL_RENDER_PNG_FILE_H_

#include "rl/render/frame.h"

#include <cstddef>
#include <filesystem>
#include <vector>

namespace rl {

std::vector<std::byte> EncodePng(const Frame& frame);

// Whole or not at all. Throws std::runtime_error naming the file and the system's reason.
void WritePng(const std::filesystem::path& path, const Frame& frame);

}  // namespace rl

#endif  // RL_RENDER_PNG_FILE_H_
