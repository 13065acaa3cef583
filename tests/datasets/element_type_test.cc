#include "datasets/element_type.h"

#include <gtest/gtest.h>

namespace datasets {
namespace {

TEST(ElementTypeTest, EveryNumpyNameLeadsBackToItsType) {
  for (const ElementType type :
       {ElementType::kBool, ElementType::kInt8, ElementType::kUint8, ElementType::kInt16,
        ElementType::kUint16, ElementType::kInt32, ElementType::kUint32, ElementType::kInt64,
        ElementType::kUint64, ElementType::kFloat32, ElementType::kFloat64}) {
    const std::string_view name = NumpyName(type);
    EXPECT_EQ(FromNumpyName(name), type);
    EXPECT_EQ(static_cast<size_t>(name[2] - '0'), ElementSize(type));  // numpy puts the size there
  }
}

TEST(ElementTypeTest, ByteOrderMattersOnlyBeyondOneByte) {
  EXPECT_EQ(FromNumpyName("<u1"), ElementType::kUint8);
  EXPECT_EQ(FromNumpyName(">f4"), std::nullopt);
  EXPECT_EQ(FromNumpyName("<c8"), std::nullopt);
  EXPECT_EQ(FromNumpyName(""), std::nullopt);
}

}  // namespace
}  // namespace datasets
