#include "rl/train/tfevents.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace rl {
namespace {

// Protobuf wire types.
constexpr uint64_t kVarint = 0;
constexpr uint64_t kFixed64 = 1;
constexpr uint64_t kBytes = 2;
constexpr uint64_t kFixed32 = 5;

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  constexpr uint32_t kCastagnoliReversed = 0x82f63b78;
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kCastagnoliReversed : 0);
    table[i] = crc;
  }
  return table;
}

static_assert(std::endian::native == std::endian::little, "fixed-width fields are little-endian");

template <class T>
std::string Fixed(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Key(uint64_t field, uint64_t wire_type) { return Varint(field << 3 | wire_type); }

std::string BytesField(uint64_t field, std::string_view bytes) {
  return Key(field, kBytes) + Varint(bytes.size()) + std::string(bytes);
}

// An Event with its time and step; the caller appends what happened.
std::string EventHead(double wall_time, int64_t step) {
  return Key(1, kFixed64) + Fixed(wall_time) + Key(2, kVarint) +
         Varint(static_cast<uint64_t>(step));
}

// TensorBoard reads the files of a folder in the order of their names.
std::filesystem::path UnusedName(const std::filesystem::path& folder, double wall_time) {
  for (auto second = static_cast<int64_t>(wall_time);; ++second) {
    std::array<char, 64> name;
    std::snprintf(name.data(), name.size(), "events.out.tfevents.%010lld.ringrl",
                  static_cast<long long>(second));
    if (!std::filesystem::exists(folder / name.data())) return folder / name.data();
  }
}

}  // namespace

uint32_t Crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  }
  return ~crc;
}

uint32_t MaskedCrc32c(std::string_view bytes) { return std::rotr(Crc32c(bytes), 15) + 0xa282ead8; }

std::string TfRecord(std::string_view payload) {
  const std::string length = Fixed(static_cast<uint64_t>(payload.size()));
  return length + Fixed(MaskedCrc32c(length)) + std::string(payload) + Fixed(MaskedCrc32c(payload));
}

EventWriter::EventWriter(const std::filesystem::path& folder, double wall_time, int64_t resume_step)
    : path_(UnusedName(folder, wall_time)), file_(path_, std::ios::binary) {
  constexpr uint64_t kSessionStart = 1;
  Write(EventHead(wall_time, 0) + BytesField(3, "brain.Event:2"));
  if (resume_step >= 0) {
    Write(EventHead(wall_time, resume_step + 1) +
          BytesField(7, Key(1, kVarint) + Varint(kSessionStart)));
  }
}

void EventWriter::Append(int64_t train_step, double wall_time, const std::string& prefix,
                         const Metrics& metrics) {
  std::string summary;
  for (const auto& [name, value] : metrics) {
    if (!std::isfinite(value)) continue;
    summary += BytesField(
        1, BytesField(1, prefix + name) + Key(2, kFixed32) + Fixed(static_cast<float>(value)));
  }
  Write(EventHead(wall_time, train_step) + BytesField(5, summary));
}

void EventWriter::Write(std::string_view event) {
  file_ << TfRecord(event) << std::flush;
  if (!file_) throw std::runtime_error("cannot write " + path_.string() + ": is the disk full?");
}

}  // namespace rl
