#include "rl/env/physics_warnings.h"

#include <mujoco/mujoco.h>

namespace rl {
namespace {

constexpr bool Is(WarningKind kind, mjtWarning theirs) { return static_cast<int>(kind) == theirs; }
static_assert(kNumWarningKinds == mjNWARNING);
static_assert(Is(WarningKind::kSingularInertia, mjWARN_INERTIA));
static_assert(Is(WarningKind::kContactsFull, mjWARN_CONTACTFULL));
static_assert(Is(WarningKind::kConstraintsFull, mjWARN_CNSTRFULL));
static_assert(Is(WarningKind::kBadPosition, mjWARN_BADQPOS));
static_assert(Is(WarningKind::kBadVelocity, mjWARN_BADQVEL));
static_assert(Is(WarningKind::kBadAcceleration, mjWARN_BADQACC));
static_assert(Is(WarningKind::kBadControl, mjWARN_BADCTRL));

constexpr std::array<std::string_view, kNumWarningKinds> kNames = {"inertia matrix nearly singular",
                                                                   "too many contacts",
                                                                   "too many constraints",
                                                                   "bad position",
                                                                   "bad velocity",
                                                                   "bad acceleration",
                                                                   "bad control"};

}  // namespace

std::string_view WarningName(WarningKind kind) { return kNames.at(static_cast<size_t>(kind)); }

bool MeansDivergence(WarningKind kind) { return kind >= WarningKind::kBadPosition; }

PhysicsWarnings& PhysicsWarnings::operator+=(const PhysicsWarnings& other) {
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  return *this;
}

PhysicsWarnings PhysicsWarnings::operator-(const PhysicsWarnings& earlier) const {
  PhysicsWarnings difference = *this;
  for (size_t i = 0; i < counts.size(); ++i) difference.counts[i] -= earlier.counts[i];
  return difference;
}

}  // namespace rl
