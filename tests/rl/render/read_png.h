// Reads a PNG file the way any viewer would, with libpng.
#ifndef TESTS_RL_RENDER_READ_PNG_H_
#define TESTS_RL_RENDER_READ_PNG_H_

#include "rl/render/frame.h"

#include <png.h>

#include <filesystem>
#include <stdexcept>

namespace tests {

inline rl::Frame ReadPng(const std::filesystem::path& path) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str()))
    throw std::runtime_error(image.message);
  image.format = PNG_FORMAT_RGB;
  rl::Frame frame(static_cast<int>(image.width), static_cast<int>(image.height));
  if (!png_image_finish_read(&image, nullptr, frame.pixels.data(), 0, nullptr)) {
    throw std::runtime_error(image.message);
  }
  return frame;
}

}  // namespace tests

#endif  // TESTS_RL_RENDER_READ_PNG_H_
