#include "rl/render/png_file.h"

#include "datasets/replacement_file.h"

#include <png.h>

#include <stdexcept>
#include <string>

namespace rl {

std::vector<std::byte> EncodePng(const Frame& frame) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(frame.width);
  image.height = static_cast<png_uint_32>(frame.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, /*convert_to_8_bit=*/0,
                                 frame.pixels.data(), static_cast<int>(frame.row_bytes()),
                                 /*colormap=*/nullptr)) {
    throw std::runtime_error(std::string("cannot encode a PNG: ") + image.message);
  }
  bytes.resize(size);
  return bytes;
}

void WritePng(const std::filesystem::path& path, const Frame& frame) {
  datasets::WriteWholeFile(path, EncodePng(frame));
}

}  // namespace rl
