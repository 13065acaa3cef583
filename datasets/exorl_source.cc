#include "datasets/exorl_source.h"

#include "datasets/replacement_file.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

constexpr std::string_view kSuffix = ".npz";
constexpr std::string_view kBuffer = "buffer";

// A whole number that fills `text`.
std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

bool InBuffer(const std::filesystem::path& member) {
  return member.parent_path().filename() == kBuffer;
}

// Names of the .npz files among `names`; those below a `buffer` folder only, if there is one.
std::vector<size_t> EpisodeMembers(const std::vector<ZipArchive::Member>& members) {
  std::vector<size_t> all;
  std::vector<size_t> in_buffer;
  for (size_t i = 0; i < members.size(); ++i) {
    if (!members[i].name.ends_with(kSuffix)) continue;
    all.push_back(i);
    if (InBuffer(members[i].name)) in_buffer.push_back(i);
  }
  return in_buffer.empty() ? all : in_buffer;
}

std::vector<std::string> EpisodePaths(const std::filesystem::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == kSuffix) paths.push_back(entry.path().string());
  }
  return paths;
}

ExorlFileName RequireFileName(const std::string& source, const std::string& name) {
  std::optional<ExorlFileName> parsed = ParseExorlFileName(name);
  if (!parsed) {
    throw std::invalid_argument(source + ": " + name +
                                ": its name does not end in _<index>_<length>.npz as an episode's "
                                "does; move it elsewhere");
  }
  return *std::move(parsed);
}

}  // namespace

std::optional<ExorlFileName> ParseExorlFileName(std::string_view name) {
  std::string_view stem = name.substr(name.find_last_of('/') + 1);
  if (!stem.ends_with(kSuffix)) return std::nullopt;
  stem.remove_suffix(kSuffix.size());
  const size_t second = stem.rfind('_');
  if (second == std::string_view::npos || second == 0) return std::nullopt;
  const size_t first = stem.rfind('_', second - 1);
  if (first == std::string_view::npos) return std::nullopt;
  const auto index = ParseNumber(stem.substr(first + 1, second - first - 1));
  const auto steps = ParseNumber(stem.substr(second + 1));
  if (!index || !steps) return std::nullopt;
  return ExorlFileName{std::string(name), *index, *steps};
}

ExorlSource ExorlSource::Open(const std::filesystem::path& path) {
  ExorlSource source;
  source.path_ = path;
  const std::string place = path.string();
  if (std::filesystem::is_directory(path)) {
    const std::filesystem::path buffer = path / kBuffer;
    const auto& folder = std::filesystem::is_directory(buffer) ? buffer : path;
    for (const std::string& name : EpisodePaths(folder)) {
      source.files_.push_back(RequireFileName(place, name));
    }
    source.members_.resize(source.files_.size());
  } else {
    if (!std::filesystem::exists(path)) {
      throw std::runtime_error("cannot read " + place + ": there is no such file or folder");
    }
    source.zip_ = std::make_shared<const ZipArchive>(ZipArchive::Open(path));
    source.members_ = EpisodeMembers(source.zip_->members());
    for (const size_t member : source.members_) {
      source.files_.push_back(RequireFileName(place, source.zip_->members()[member].name));
    }
  }
  if (source.files_.empty()) {
    throw std::invalid_argument(place +
                                ": it holds no episodes (files named "
                                "episode_<index>_<length>.npz, in it or in its buffer folder)");
  }
  source.Sort();
  return source;
}

void ExorlSource::Sort() {
  std::vector<size_t> order(files_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return files_[a].index < files_[b].index; });
  std::vector<ExorlFileName> files;
  std::vector<size_t> members;
  for (const size_t i : order) {
    if (!files.empty() && files.back().index == files_[i].index) {
      throw std::invalid_argument(path_.string() + ": " + files.back().name + " and " +
                                  files_[i].name + " have the same number; remove one of them");
    }
    files.push_back(files_[i]);
    members.push_back(members_[i]);
  }
  files_ = std::move(files);
  members_ = std::move(members);
}

std::string ExorlSource::CollectorName() const {
  std::filesystem::path path = std::filesystem::weakly_canonical(path_);
  if (!path.has_filename()) path = path.parent_path();  // "proto/" is "proto"
  if (path.filename() == kBuffer) path = path.parent_path();
  return zip_ ? path.stem().string() : path.filename().string();
}

NpzArchive ExorlSource::OpenEpisode(size_t file) const {
  const std::string& name = files_.at(file).name;
  if (!zip_) return NpzArchive::FromBytes(ReadWholeFile(name), name);
  return NpzArchive::FromBytes(zip_->Read(members_[file]), path_.string() + ": " + name);
}

}  // namespace datasets
