// 2^x for whole vectors of numbers, by a polynomial: attention's exponential.
//
// x = n + r with n whole and |r| <= 1/2; 2^r is a polynomial in r and 2^n is made of the bits of n.
// Accurate to 2 ulp (float) and 4 ulp (double) where the result is a normal number. Results too
// small for one are 0, so that 2^-infinity is exactly 0; NaN stays NaN. REQUIRES: x < 128 (float),
// x < 1024 (double); the exponents of a softmax are not above 0.
#ifndef RING_KERNEL_EXP2_H_
#define RING_KERNEL_EXP2_H_

#include "ring/kernel/vector.h"

#include <cstdint>

namespace ring {

template <typename T>
struct Exp2Constants;

template <>
struct Exp2Constants<float> {
  using Bits = int32_t;
  static constexpr int kMantissaBits = 23;
  static constexpr Bits kExponentBias = 127;
  static constexpr float kRounder = 0x1.8p23F;  // x + kRounder - kRounder is x, rounded
  // Minimax on [-1/2, 1/2], relative error 2e-9.
  static constexpr float kPolynomial[] = {1.0000000006F,    0.69314720574F,   0.24022646891F,
                                          0.055503287770F,  0.0096184889571F, 0.0013399931219F,
                                          0.00015345811998F};
};

template <>
struct Exp2Constants<double> {
  using Bits = int64_t;
  static constexpr int kMantissaBits = 52;
  static constexpr Bits kExponentBias = 1023;
  static constexpr double kRounder = 0x1.8p52;
  // Taylor: ln(2)^i / i!, whose first term left out is 2e-16 at r = 1/2.
  static constexpr double kPolynomial[] = {1.0,
                                           6.93147180559945309e-01,
                                           2.40226506959100712e-01,
                                           5.55041086648215800e-02,
                                           9.61812910762847716e-03,
                                           1.33335581464284434e-03,
                                           1.54035303933816099e-04,
                                           1.52527338040598403e-05,
                                           1.32154867901443095e-06,
                                           1.01780860092396998e-07,
                                           7.05491162080112333e-09,
                                           4.44553827187081150e-10,
                                           2.56784359934882051e-11};
};

template <typename T, typename V>
[[gnu::always_inline]] inline void Exp2(V& x) {
  using Constants = Exp2Constants<T>;
  using Bits = Vector<typename Constants::Bits, sizeof(V)>;
  const V lowest = V{} - static_cast<T>(Constants::kExponentBias);
  x = lowest > x ? lowest : x;  // in this order a NaN stays
  const V rounded = x + Constants::kRounder;
  const V r = x - (rounded - Constants::kRounder);

  constexpr int kDegree = sizeof(Constants::kPolynomial) / sizeof(T) - 1;
  V power = V{} + Constants::kPolynomial[kDegree];
  for (int i = kDegree - 1; i >= 0; --i) power = power * r + Constants::kPolynomial[i];

  // The low bits of `rounded` are n; at the lowest n the exponent's bits become 0, and 2^n too.
  const Bits bits = (__builtin_bit_cast(Bits, rounded) + Constants::kExponentBias)
                    << Constants::kMantissaBits;
  x = power * __builtin_bit_cast(V, bits);
}

}  // namespace ring

#endif  // RING_KERNEL_EXP2_H_
