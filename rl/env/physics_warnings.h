// What MuJoCo warned of while a simulation ran, counted by kind.
//
// A warning is no failure: the simulation went on. The "bad ..." kinds mean that it diverged and
// was put back to its initial state (Physics::diverged()); the others that forces were computed
// from less than all contacts or constraints, or from a poor factorization, so that results may be
// off.
#ifndef RL_ENV_PHYSICS_WARNINGS_H_
#define RL_ENV_PHYSICS_WARNINGS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rl {

// In the order of MuJoCo's mjtWarning.
enum class WarningKind {
  kSingularInertia,
  kContactsFull,
  kConstraintsFull,
  kBadPosition,
  kBadVelocity,
  kBadAcceleration,
  kBadControl,
};
inline constexpr size_t kNumWarningKinds = 7;

// "too many contacts", for messages.
std::string_view WarningName(WarningKind kind);

// Whether the simulation was put back to its initial state on it.
bool MeansDivergence(WarningKind kind);

struct PhysicsWarnings {
  std::array<int64_t, kNumWarningKinds> counts = {};  // by WarningKind

  int64_t operator[](WarningKind kind) const { return counts[static_cast<size_t>(kind)]; }
  PhysicsWarnings& operator+=(const PhysicsWarnings& other);
  PhysicsWarnings operator-(const PhysicsWarnings& earlier) const;
  bool operator==(const PhysicsWarnings&) const = default;
};

}  // namespace rl

#endif  // RL_ENV_PHYSICS_WARNINGS_H_
