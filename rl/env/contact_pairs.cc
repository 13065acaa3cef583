#include "rl/env/contact_pairs.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace rl {
namespace {

bool AllZero(const mjtNum* begin, mjtSize count) {
  return std::all_of(begin, begin + count, [](mjtNum x) { return x == 0; });
}

// Between two meshes a step costs so much that MuJoCo's finer search, which spares more pairs than
// bounding spheres do, is worth its price (jaco: a quarter).
bool HasMeshes(const mjModel& model) {
  return std::find(model.geom_type, model.geom_type + model.ngeom, static_cast<int>(mjGEOM_MESH)) !=
         model.geom_type + model.ngeom;
}

bool IsCovered(const mjModel& model) {
  return (model.opt.disableflags & (mjDSBL_CONTACT | mjDSBL_FILTERPARENT)) == 0 &&
         model.npair == 0 && model.nflex == 0 && !HasMeshes(model) &&
         AllZero(model.geom_margin, model.ngeom) && AllZero(model.geom_gap, model.ngeom) &&
         AllZero(model.geom_adhesion, model.ngeom) &&
         std::all_of(model.geom_priority, model.geom_priority + model.ngeom,
                     [](int priority) { return priority == 0; });
}

int Signature(int body1, int body2) { return (body1 << 16) + body2; }

// MuJoCo's rule for two bodies: not rigidly joined, not parent and child (the world is nobody's
// parent in this), not excluded by the model.
bool BodiesMayTouch(const mjModel& model, int body1, int body2) {
  const int weld1 = model.body_weldid[body1], weld2 = model.body_weldid[body2];
  if (weld1 == weld2) return false;
  const auto is_parent = [&](int parent, int child) {
    return parent == model.body_weldid[model.body_parentid[child]];
  };
  if (weld1 != 0 && weld2 != 0 && (is_parent(weld1, weld2) || is_parent(weld2, weld1))) {
    return false;
  }
  const int* const excluded = model.exclude_signature;
  return std::find(excluded, excluded + model.nexclude, Signature(body1, body2)) ==
         excluded + model.nexclude;
}

bool GeomsMayTouch(const mjModel& model, int geom1, int geom2) {
  return (model.geom_contype[geom1] & model.geom_conaffinity[geom2]) != 0 ||
         (model.geom_contype[geom2] & model.geom_conaffinity[geom1]) != 0;
}

// Bodies with a tree of bounding volumes have their contacts sorted by geom, the one of the simpler
// type first; others keep the order of the search.
bool ContactsAreSorted(const mjModel& model, int body1, int body2) {
  return model.body_bvhadr[body1] >= 0 && model.body_bvhadr[body2] >= 0;
}

}  // namespace

ContactPairs::ContactPairs(const mjModel& model) {
  if (!IsCovered(model)) return;
  for (int body1 = 0; body1 < static_cast<int>(model.nbody); ++body1) {
    for (int body2 = body1 + 1; body2 < static_cast<int>(model.nbody); ++body2) {
      if (BodiesMayTouch(model, body1, body2)) AddBodies(model, body1, body2);
    }
  }
}

void ContactPairs::AddBodies(const mjModel& model, int body1, int body2) {
  std::vector<std::pair<int, int>> pairs;
  for (int i = 0; i < model.body_geomnum[body1]; ++i) {
    for (int j = 0; j < model.body_geomnum[body2]; ++j) {
      const int geom1 = model.body_geomadr[body1] + i, geom2 = model.body_geomadr[body2] + j;
      if (GeomsMayTouch(model, geom1, geom2)) pairs.emplace_back(geom1, geom2);
    }
  }
  if (ContactsAreSorted(model, body1, body2)) {
    const auto key = [&](const std::pair<int, int>& pair) {
      const auto [a, b] = pair;
      return model.geom_type[a] > model.geom_type[b] ? std::tuple(b, a) : std::tuple(a, b);
    };
    std::sort(pairs.begin(), pairs.end(),
              [&](const auto& a, const auto& b) { return key(a) < key(b); });
  }
  for (const auto& [geom1, geom2] : pairs) Add(model, geom1, geom2);
}

// As MuJoCo mixes the parameters of two geoms of equal priority: the larger of dimensions and
// frictions; solver parameters averaged by the geoms' weights, but the smaller ones of two
// reference parameters unless both are in their standard (positive) form.
void ContactPairs::Add(const mjModel& model, int geom1, int geom2) {
  geom1_.push_back(geom1);
  geom2_.push_back(geom2);
  signature_.push_back(Signature(model.geom_bodyid[geom1], model.geom_bodyid[geom2]));
  dim_.push_back(std::max(model.geom_condim[geom1], model.geom_condim[geom2]));

  const mjtNum weight1 = model.geom_solmix[geom1], weight2 = model.geom_solmix[geom2];
  mjtNum share = 0.5;
  if (weight1 >= mjMINVAL || weight2 >= mjMINVAL) {
    share = weight1 < mjMINVAL ? 0 : weight2 < mjMINVAL ? 1 : weight1 / (weight1 + weight2);
  }
  const auto mixed = [share](mjtNum a, mjtNum b) { return share * a + (1 - share) * b; };
  const mjtNum* const ref1 = model.geom_solref + mjNREF * geom1;
  const mjtNum* const ref2 = model.geom_solref + mjNREF * geom2;
  const bool standard = ref1[0] > 0 && ref2[0] > 0;
  for (int i = 0; i < mjNREF; ++i) {
    solref_.push_back(standard ? mixed(ref1[i], ref2[i]) : std::min(ref1[i], ref2[i]));
    solreffriction_.push_back(0);  // "as solref"
  }
  for (int i = 0; i < mjNIMP; ++i) {
    solimp_.push_back(
        mixed(model.geom_solimp[mjNIMP * geom1 + i], model.geom_solimp[mjNIMP * geom2 + i]));
  }
  for (const int i : {0, 0, 1, 2, 2}) {  // sliding twice, spinning, rolling twice
    friction_.push_back(
        std::max(model.geom_friction[3 * geom1 + i], model.geom_friction[3 * geom2 + i]));
  }
  for (std::vector<mjtNum>* zeros : {&margin_, &gap_, &adhesion_}) zeros->push_back(0);
}

void ContactPairs::Install(mjModel& model) {
  if (size() == 0) return;
  model.npair = size();
  model.pair_geom1 = geom1_.data();
  model.pair_geom2 = geom2_.data();
  model.pair_signature = signature_.data();
  model.pair_dim = dim_.data();
  model.pair_solref = solref_.data();
  model.pair_solreffriction = solreffriction_.data();
  model.pair_solimp = solimp_.data();
  model.pair_margin = margin_.data();
  model.pair_gap = gap_.data();
  model.pair_adhesion = adhesion_.data();
  model.pair_friction = friction_.data();
  std::fill_n(model.geom_contype, model.ngeom, 0);
  std::fill_n(model.geom_conaffinity, model.ngeom, 0);
  std::fill_n(model.body_contype, model.nbody, 0);
  std::fill_n(model.body_conaffinity, model.nbody, 0);
}

}  // namespace rl
