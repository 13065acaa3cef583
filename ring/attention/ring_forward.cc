#include "ring/attention/ring_forward.h"

#include "ring/attention/key_value_message.h"
#include "ring/attention/ring_travel.h"
#include "ring/kernel/block_attention.h"
#include "ring/layout/ring_schedule.h"
#include "ring/runtime/trace.h"

#include <memory>
#include <string>

namespace ring {

PartialAttention RingForward(const AttentionPlan& plan, const AttentionInputs& inputs,
                             const Ring& ring) {
  const RingSchedule schedule(plan.mask, plan.queries, plan.keys);
  const std::unique_ptr<ForwardPass> pass =
      MakeForwardPass(inputs.q_BHQD, plan.key_heads, plan.keys.MaxShardSize(), plan.kernel);
  KeyValueTravel blocks(plan, schedule, ring, Pass::kForward);
  blocks.Start(inputs.k_BGKD, inputs.v_BGKD);
  {
    const TraceScope scope(TraceOf(ring), Activity::kCompute, "own");
    pass->Attend(inputs.k_BGKD, inputs.v_BGKD, plan.Visible(plan.rank));
  }
  for (const RingRound& round : schedule.Rounds(plan.rank)) {
    const Message block = blocks.Arrive(round);
    if (!round.computes) continue;
    const TraceScope scope(TraceOf(ring), Activity::kCompute,
                           "visitor " + std::to_string(round.owner));
    const KeyValueFormat format = BlockFormat(plan, round.owner);
    pass->Attend(format.First(block), format.Second(block), plan.Visible(round.owner));
  }
  blocks.Finish();
  return pass->Finish();
}

}  // namespace ring
