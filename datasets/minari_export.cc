#include "datasets/minari_export.h"

#include "datasets/catalog.h"
#include "datasets/replacement_file.h"
#include "datasets/replacement_folder.h"

#include <nlohmann/json.hpp>

#include <regex>
#include <stdexcept>

namespace datasets {
namespace {

// Versions of Minari accept a list of versions of data; this one is in those of all 0.5 releases.
constexpr char kMinariVersion[] = "0.5.0";

// A gymnasium Box, in the JSON text that Minari keeps as a string. Python's reader knows the word
// -Infinity, which JSON itself does not, so the text is put together here.
std::string BoxSpace(int64_t dim, const std::string& low, const std::string& high) {
  const auto repeat = [&](const std::string& value) {
    std::string list;
    for (int64_t i = 0; i < dim; ++i) list += (i == 0 ? "" : ", ") + value;
    return "[" + list + "]";
  };
  return R"({"type": "Box", "dtype": "float32", "shape": [)" + std::to_string(dim) +
         R"(], "low": )" + repeat(low) + R"(, "high": )" + repeat(high) + "}";
}

std::string DatasetId(const std::filesystem::path& folder, const std::string& wanted) {
  static const std::regex kPattern(R"(([\w-]+/)*[\w-]+-v\d+)");
  std::string id = wanted;
  if (id.empty()) {
    const auto normal = std::filesystem::absolute(folder).lexically_normal();
    id = (normal.has_filename() ? normal : normal.parent_path()).filename().string();
    if (!std::regex_match(id, kPattern)) id += "-v0";
  }
  if (!std::regex_match(id, kPattern)) {
    throw std::invalid_argument("'" + id +
                                "' cannot be a Minari dataset id, which looks like "
                                "name-v0 or namespace/name-v0");
  }
  return id;
}

nlohmann::json Metadata(const EpisodeReader& reader, const std::string& id) {
  const DatasetAttributes& attributes = reader.attributes();
  const double megabytes = static_cast<double>(std::filesystem::file_size(reader.path())) / 1e6;
  return {{"dataset_id", id},
          {"total_episodes", attributes.total_episodes},
          {"total_steps", attributes.total_steps},
          {"data_format", "hdf5"},
          {"jpeg_encoding", false},
          {"observation_space", BoxSpace(attributes.observation_dim, "-Infinity", "Infinity")},
          {"action_space", BoxSpace(attributes.action_dim, "-1.0", "1.0")},
          {"minari_version", kMinariVersion},
          {"algorithm_name", attributes.collector},
          {"dataset_size", megabytes},
          {"description", "ExoRL " + attributes.domain + ", collected by " + attributes.collector +
                              ", rewards of " + attributes.task}};
}

void LinkOrCopy(const std::filesystem::path& from, const std::filesystem::path& to, bool copy) {
  std::error_code cannot_link;
  if (!copy) std::filesystem::create_hard_link(from, to, cannot_link);
  if (copy || cannot_link) std::filesystem::copy_file(from, to);
}

}  // namespace

std::string ExportMinari(const EpisodeReader& reader, const std::filesystem::path& folder,
                         const MinariExportOptions& options) {
  const std::string id = DatasetId(folder, options.dataset_id);
  ReplacementFolder out(folder);
  const std::filesystem::path data = out.temporary() / "data";
  std::filesystem::create_directory(data);
  LinkOrCopy(reader.path(), data / "main_data.hdf5", options.copy);
  const std::string metadata = Metadata(reader, id).dump(2) + "\n";
  WriteWholeFile(data / "metadata.json", std::as_bytes(std::span(metadata)));
  out.Commit();
  return id;
}

}  // namespace datasets
