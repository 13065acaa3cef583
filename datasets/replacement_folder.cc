#include "datasets/replacement_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace datasets {

ReplacementFolder::ReplacementFolder(std::filesystem::path target)
    : target_(std::filesystem::absolute(target).lexically_normal()) {
  if (!target_.has_filename()) target_ = target_.parent_path();  // "a/b/" means "a/b"
  if (std::filesystem::exists(target_)) {
    throw std::invalid_argument(target.string() + ": it exists already; name another folder or " +
                                "remove it first");
  }
  std::filesystem::create_directories(target_.parent_path());
  std::string name = target_.string() + ".partial.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot create a folder beside " + target.string() + ": " +
                             std::strerror(errno));
  }
  temporary_ = name;
  std::filesystem::permissions(temporary_, std::filesystem::perms(0755));
}

ReplacementFolder::~ReplacementFolder() {
  std::error_code ignored;  // a destructor has nobody to tell
  if (!temporary_.empty()) std::filesystem::remove_all(temporary_, ignored);
}

void ReplacementFolder::Commit() {
  std::filesystem::rename(temporary_, target_);
  temporary_.clear();
}

}  // namespace datasets
