#include "rl/train/tfevents.h"

#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <vector>

namespace rl {
namespace {

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Takes a file apart, checking both checksums of every record.
std::vector<std::string> Records(const std::string& bytes) {
  std::vector<std::string> records;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t length = 0;
    uint32_t length_crc = 0;
    uint32_t payload_crc = 0;
    std::memcpy(&length, &bytes.at(at), 8);
    std::memcpy(&length_crc, &bytes.at(at + 8), 4);
    EXPECT_EQ(length_crc, MaskedCrc32c(bytes.substr(at, 8)));
    records.push_back(bytes.substr(at + 12, length));
    std::memcpy(&payload_crc, &bytes.at(at + 12 + length), 4);
    EXPECT_EQ(payload_crc, MaskedCrc32c(records.back()));
    at += 16 + length;
  }
  return records;
}

TEST(TfeventsTest, ChecksumIsCastagnolis) {
  // Test vectors of RFC 3720, appendix B.4, and the catalogue's check value.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
}

TEST(TfeventsTest, ARecordIsLengthPayloadAndTheirMaskedChecksums) {
  // 24 is the length; its masked checksum opens every file TensorBoard itself writes.
  const std::string record = TfRecord(std::string(24, 'x'));
  ASSERT_EQ(record.size(), 40u);
  EXPECT_EQ(record.substr(0, 12), std::string("\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22", 12));
}

TEST(TfeventsTest, AScalarIsTheEventTensorBoardExpects) {
  const tests::TemporaryFolder folder;
  EventWriter writer(folder.path(), /*wall_time=*/2.0, /*resume_step=*/-1);
  writer.Append(300, 2.0, "train/",
                {{"loss", 1.0}, {"none", std::numeric_limits<double>::quiet_NaN()}});
  const std::vector<std::string> records = Records(Content(writer.path()));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(writer.path().filename(), "events.out.tfevents.0000000002.ringrl");
  const std::string two("\x09\0\0\0\0\0\0\0\x40", 9);  // field 1, the double 2.0
  EXPECT_EQ(records[0], two + std::string("\x10\0", 2) + "\x1a\x0d" + "brain.Event:2");
  EXPECT_EQ(records[1], two + "\x10\xac\x02" +         // field 2, the varint 300
                            "\x2a\x13" + "\x0a\x11" +  // summary, value
                            "\x0a\x0a" + "train/loss" + std::string("\x15\0\0\x80\x3f", 5));
}

TEST(TfeventsTest, AResumedRunTellsReadersWhereItStartsAgain) {
  const tests::TemporaryFolder folder;
  const EventWriter first(folder.path(), 5.0, -1);
  const EventWriter second(folder.path(), 5.0, 100);  // within the same second
  EXPECT_LT(first.path(), second.path());
  const std::vector<std::string> records = Records(Content(second.path()));
  ASSERT_EQ(records.size(), 2u);
  // Step 101 and session_log { status: START }.
  EXPECT_EQ(records[1].substr(9), "\x10\x65\x3a\x02\x08\x01");
}

}  // namespace
}  // namespace rl
