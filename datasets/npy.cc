#include "datasets/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace datasets {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
// numpy itself refuses headers above 10,000 bytes; those written by it are 118 bytes long.
constexpr size_t kLargestHeader = 65536;
constexpr size_t kLargestRank = 32;  // numpy's own limit
constexpr size_t kAlignment = 64;    // of the first element within the file

struct Header {
  ElementType type = ElementType::kFloat32;
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

[[noreturn]] void Refuse(const std::string& place, const std::string& what) {
  throw std::invalid_argument(place + ": " + what);
}

// Reads the header's text, a Python dictionary of three known keys:
//   {'descr': '<f4', 'fortran_order': False, 'shape': (1001, 24), }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& place) : text_(text), place_(place) {}

  Header Parse() {
    Expect('{');
    while (!Accept('}')) {
      const std::string_view key = String();
      Expect(':');
      Value(key);
      if (!Accept(',')) {
        Expect('}');
        break;
      }
    }
    if (seen_ != 7) Refuse(place_, "its .npy header lacks one of descr, fortran_order and shape");
    return std::move(header_);
  }

 private:
  void Value(std::string_view key) {
    if (key == "descr") {
      Descr();
      Mark(1);
    } else if (key == "fortran_order") {
      header_.fortran_order = Boolean();
      Mark(2);
    } else if (key == "shape") {
      Shape();
      Mark(4);
    } else {
      Refuse(place_, "its .npy header has an unknown key");
    }
  }

  void Mark(int bit) {
    if ((seen_ & bit) != 0) Refuse(place_, "its .npy header repeats a key");
    seen_ |= bit;
  }

  void Descr() {
    SkipSpace();
    if (position_ < text_.size() && text_[position_] == '[') {
      Refuse(place_, "it is a structured array; only plain numbers can be read");
    }
    const std::string_view name = String();
    const std::optional<ElementType> type = FromNumpyName(name);
    if (!type) {
      Refuse(place_, "its dtype '" + std::string(name.substr(0, 20)) +
                         "' is not one that can be read (little-endian numbers and bool are)");
    }
    header_.type = *type;
  }

  void Shape() {
    Expect('(');
    while (!Accept(')')) {
      if (header_.shape.size() == kLargestRank) Refuse(place_, "it has more than 32 dimensions");
      header_.shape.push_back(Integer());
      Accept('L');  // Python 2 wrote long integers this way
      if (!Accept(',')) {
        Expect(')');
        break;
      }
    }
  }

  void SkipSpace() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) {
      ++position_;
    }
  }

  bool Accept(char wanted) {
    SkipSpace();
    if (position_ == text_.size() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }

  void Expect(char wanted) {
    if (!Accept(wanted)) Refuse(place_, std::string("its .npy header lacks a '") + wanted + "'");
  }

  std::string_view String() {
    SkipSpace();
    if (position_ == text_.size() || (text_[position_] != '\'' && text_[position_] != '"')) {
      Refuse(place_, "its .npy header lacks a quoted string");
    }
    const char quote = text_[position_++];
    const size_t end = text_.find(quote, position_);
    if (end == std::string_view::npos) Refuse(place_, "its .npy header has an open string");
    const std::string_view content = text_.substr(position_, end - position_);
    position_ = end + 1;
    return content;
  }

  bool Boolean() {
    SkipSpace();
    const std::string_view rest = text_.substr(position_);
    for (const std::string_view word : {std::string_view("True"), std::string_view("False")}) {
      if (rest.substr(0, word.size()) == word) {
        position_ += word.size();
        return word == "True";
      }
    }
    Refuse(place_, "its .npy header's fortran_order is neither True nor False");
  }

  int64_t Integer() {
    SkipSpace();
    int64_t value = 0;
    const char* begin = text_.data() + position_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) {
      Refuse(place_, "its .npy header's shape holds something that is not a length");
    }
    position_ += static_cast<size_t>(end - begin);
    return value;
  }

  std::string_view text_;
  const std::string& place_;
  size_t position_ = 0;
  int seen_ = 0;
  Header header_;
};

// Where the header's text begins and ends; the elements follow it.
struct TextRange {
  size_t begin;
  size_t end;
};

TextRange FindText(std::span<const std::byte> file, const std::string& place) {
  if (file.size() < 10 || std::memcmp(file.data(), kMagic.data(), kMagic.size()) != 0) {
    Refuse(place, "it is not a numpy array (its first bytes are not those of an .npy file)");
  }
  const auto byte = [&](size_t i) { return static_cast<size_t>(file[i]); };
  const size_t version = byte(6);
  if (version < 1 || version > 3) {
    Refuse(place, ".npy version " + std::to_string(version) + " is unknown; 1 to 3 can be read");
  }
  const size_t begin = version == 1 ? 10 : 12;
  if (file.size() < begin) Refuse(place, "it ends within the .npy header");
  const size_t length = version == 1 ? byte(8) | byte(9) << 8
                                     : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (length > kLargestHeader || length > file.size() - begin) {
    Refuse(place, "its .npy header claims " + std::to_string(length) + " bytes");
  }
  return {begin, begin + length};
}

// Column-major elements into row-major order: walks the output in order and keeps the matching
// input offset up to date, one addition a step.
std::vector<std::byte> Transposed(std::span<const std::byte> columns_first,
                                  std::span<const int64_t> shape, size_t element_size) {
  std::vector<std::byte> rows_first(columns_first.size());
  const size_t rank = shape.size();
  std::vector<size_t> stride(rank, 1);
  for (size_t d = 1; d < rank; ++d) stride[d] = stride[d - 1] * static_cast<size_t>(shape[d - 1]);
  std::vector<int64_t> index(rank, 0);
  size_t from = 0;
  for (size_t to = 0; to < rows_first.size(); to += element_size) {
    std::memcpy(&rows_first[to], &columns_first[from * element_size], element_size);
    for (size_t d = rank; d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) break;
      from -= stride[d] * static_cast<size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return rows_first;
}

}  // namespace

std::optional<int64_t> NumElements(std::span<const int64_t> shape) {
  int64_t product = 1;
  for (const int64_t length : shape) {
    if (length < 0 || __builtin_mul_overflow(product, length, &product)) return std::nullopt;
  }
  return product;
}

std::string ShapeText(std::span<const int64_t> shape) {
  std::string text = "(";
  for (size_t d = 0; d < shape.size(); ++d) {
    text += (d == 0 ? "" : ", ") + std::to_string(shape[d]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

int64_t NpyArray::num_elements() const {
  return static_cast<int64_t>(bytes.size() / ElementSize(type));
}

void NpyArray::RequireType(ElementType wanted) const {
  const bool byte_of_bool = type == ElementType::kBool && wanted == ElementType::kUint8;
  if (type != wanted && !byte_of_bool) {
    throw std::logic_error("an array of " + std::string(NumpyName(type)) + " was read as " +
                           std::string(NumpyName(wanted)));
  }
}

void NpyArray::RequireConsistent() const {
  if (NumElements(shape) != num_elements()) {
    throw std::logic_error("an array of shape " + ShapeText(shape) + " was given " +
                           std::to_string(num_elements()) + " elements");
  }
}

NpyArray ParseNpy(std::vector<std::byte> file, const std::string& place) {
  const TextRange range = FindText(file, place);
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + range.begin,
                              range.end - range.begin);
  Header header = HeaderParser(text, place).Parse();
  const size_t element_size = ElementSize(header.type);
  const std::optional<int64_t> elements = NumElements(header.shape);
  const size_t present = file.size() - range.end;
  if (!elements || present % element_size != 0 ||
      static_cast<uint64_t>(*elements) != present / element_size) {
    Refuse(place, "its header says shape " + ShapeText(header.shape) + " of " +
                      std::string(NumpyName(header.type)) + ", but " + std::to_string(present) +
                      " bytes follow");
  }
  // Moving the elements to the front also aligns them, whatever the length of the header.
  file.erase(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(range.end));
  if (header.fortran_order && header.shape.size() > 1) {
    file = Transposed(file, header.shape, element_size);
  }
  return {header.type, std::move(header.shape), std::move(file)};
}

std::vector<std::byte> FormatNpy(const NpyArray& array) {
  std::string text = "{'descr': '" + std::string(NumpyName(array.type)) +
                     "', 'fortran_order': False, 'shape': " + ShapeText(array.shape) + ", }";
  const size_t unpadded = 10 + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string head(kMagic);
  head += '\x01';
  head += '\x00';
  head += static_cast<char>(text.size() & 0xff);
  head += static_cast<char>(text.size() >> 8);
  head += text;
  std::vector<std::byte> file(head.size() + array.bytes.size());
  std::memcpy(file.data(), head.data(), head.size());
  if (!array.bytes.empty()) {
    std::memcpy(file.data() + head.size(), array.bytes.data(), array.bytes.size());
  }
  return file;
}

}  // namespace datasets
