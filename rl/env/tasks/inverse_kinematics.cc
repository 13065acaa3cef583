#include "rl/env/tasks/inverse_kinematics.h"

#include <mujoco/mujoco.h>

#include <vector>

namespace rl {
namespace {

constexpr int kErrorDim = 6;  // position, then rotation

class Search {
 public:
  Search(const SiteGoal& goal, std::span<const int> dofs, const mjModel& model, mjData& data)
      : goal_(goal), dofs_(dofs), model_(model), data_(data) {
    const auto num_velocities = static_cast<size_t>(model.nv);
    full_jacobian_.resize(kErrorDim * num_velocities);
    full_update_.resize(num_velocities);
    jacobian_.resize(kErrorDim * dofs.size());
    normal_matrix_.resize(dofs.size() * dofs.size());
    gradient_.resize(dofs.size());
    update_.resize(dofs.size());
    UpdatePose();
  }

  // Writes the present error and returns its weighted size.
  double MeasureError(double rotation_weight) {
    mju_sub3(error_, goal_.position.data(), data_.site_xpos + 3 * goal_.site);
    mjtNum orientation[4], inverse[4], turn[4];
    mju_mat2Quat(orientation, data_.site_xmat + 9 * goal_.site);
    mju_negQuat(inverse, orientation);
    mju_mulQuat(turn, goal_.orientation.data(), inverse);
    mju_quat2Vel(error_ + 3, turn, 1);
    return mju_norm3(error_) + rotation_weight * mju_norm3(error_ + 3);
  }

  // Solves for the step that would undo the error just measured; returns its length.
  double SolveUpdate(double damping) {
    const int num_dofs = static_cast<int>(dofs_.size());
    GatherJacobian();
    mju_mulMatTMat(normal_matrix_.data(), jacobian_.data(), jacobian_.data(), kErrorDim, num_dofs,
                   num_dofs);
    for (size_t i = 0; i < dofs_.size(); ++i) normal_matrix_[i * dofs_.size() + i] += damping;
    mju_mulMatTVec(gradient_.data(), jacobian_.data(), error_, kErrorDim, num_dofs);
    mju_cholFactor(normal_matrix_.data(), num_dofs, mjMINVAL);
    mju_cholSolve(update_.data(), normal_matrix_.data(), gradient_.data(), num_dofs);
    return mju_norm(update_.data(), num_dofs);
  }

  void ApplyUpdate(double scale) {
    for (size_t i = 0; i < dofs_.size(); ++i) {
      full_update_[static_cast<size_t>(dofs_[i])] = scale * update_[i];
    }
    mj_integratePos(&model_, data_.qpos, full_update_.data(), 1);
    UpdatePose();
  }

 private:
  void UpdatePose() {
    mj_kinematics(&model_, &data_);
    mj_comPos(&model_, &data_);  // the Jacobian is about centers of mass
  }

  void GatherJacobian() {
    const auto num_velocities = static_cast<size_t>(model_.nv);
    mj_jacSite(&model_, &data_, full_jacobian_.data(), full_jacobian_.data() + 3 * num_velocities,
               goal_.site);
    for (size_t row = 0; row < kErrorDim; ++row) {
      for (size_t i = 0; i < dofs_.size(); ++i) {
        jacobian_[row * dofs_.size() + i] =
            full_jacobian_[row * num_velocities + static_cast<size_t>(dofs_[i])];
      }
    }
  }

  const SiteGoal& goal_;
  std::span<const int> dofs_;
  const mjModel& model_;
  mjData& data_;
  mjtNum error_[kErrorDim];
  std::vector<mjtNum> full_jacobian_, full_update_;                   // over all degrees of freedom
  std::vector<mjtNum> jacobian_, normal_matrix_, gradient_, update_;  // over `dofs`
};

}  // namespace

bool MoveSiteTo(const SiteGoal& goal, std::span<const int> dofs, const mjModel& model, mjData& data,
                const InverseKinematicsOptions& options) {
  Search search(goal, dofs, model, data);
  for (int step = 0; step < options.max_steps; ++step) {
    const double error = search.MeasureError(options.rotation_weight);
    if (error < options.tolerance) return true;
    const double length =
        search.SolveUpdate(error > options.damping_threshold ? options.damping : 0.0);
    if (error > options.max_error_per_update * length) return false;
    search.ApplyUpdate(length > options.max_update ? options.max_update / length : 1.0);
  }
  return false;
}

}  // namespace rl
