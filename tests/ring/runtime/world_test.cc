#include "ring/runtime/world.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ring {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A port that this process listens on, or has just stopped listening on.
class Port {
 public:
  Port() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_, generic, length) != 0 || listen(socket_, 1) != 0) std::abort();
    getsockname(socket_, generic, &length);
    number_ = ntohs(address.sin_port);
  }
  ~Port() { Free(); }
  void Free() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  int number() const { return number_; }

 private:
  int socket_;
  int number_;
};

int FreePort() {
  Port port;
  return port.number();
}

// Enters a world per rank, each on a thread, and runs `body` in it. What was thrown.
std::vector<std::string> Errors(const std::vector<WorldOptions>& ranks,
                                const std::function<void(World&)>& body) {
  std::mutex mutex;
  std::vector<std::string> errors;
  {
    std::vector<std::jthread> threads;
    for (const WorldOptions& options : ranks) {
      threads.emplace_back([&] {
        try {
          World world(options);
          body(world);
        } catch (const c10::Error& error) {
          const std::lock_guard lock(mutex);
          errors.emplace_back(error.what_without_backtrace());
        } catch (const std::exception& error) {
          const std::lock_guard lock(mutex);
          errors.emplace_back(error.what());
        }
      });
    }
  }
  return errors;
}

std::vector<WorldOptions> Ranks(int size, int port, Transport transport = Transport::kAuto) {
  std::vector<WorldOptions> ranks;
  for (int r = 0; r < size; ++r) {
    ranks.push_back({.rank = r,
                     .size = size,
                     .master_port = port,
                     .transport = transport,
                     .timeout = std::chrono::seconds(20)});
  }
  return ranks;
}

TEST(WorldTest, AWorldOfOneMeetsNobody) {
  const World world(WorldOptions{});
  EXPECT_EQ(world.MakeRing(1).size(), 1);
  EXPECT_THROW(world.MakeRing(2), c10::ValueError);
}

TEST(WorldTest, RanksMeetOnEveryTransport) {
  for (const Transport transport : {Transport::kAuto, Transport::kGloo, Transport::kSharedMemory}) {
    EXPECT_THAT(Errors(Ranks(3, FreePort(), transport),
                       [](World& world) {
                         const Ring ring = world.MakeRing(3);
                         EXPECT_EQ(ring.rank(), world.rank());
                         ring.communicator().Agree("the same", "something");
                       }),
                IsEmpty());
  }
}

TEST(WorldTest, TheRingTakesTheWholeWorld) {
  EXPECT_THAT(Errors(Ranks(2, FreePort()), [](World& world) { world.MakeRing(3); }),
              Contains(HasSubstr("a ring of 3 ranks in a world of 2")).Times(2));
}

TEST(WorldTest, AMissingPeerIsNamed) {
  std::vector<WorldOptions> ranks = Ranks(3, FreePort());
  ranks.pop_back();
  for (WorldOptions& options : ranks) options.timeout = milliseconds(1000);
  EXPECT_THAT(
      Errors(ranks, [](World&) {}),
      Contains(AllOf(HasSubstr("waited 1.0 s"), HasSubstr("of 3 ranks, not here: 2"))).Times(2));
}

TEST(WorldTest, AMissingRankZeroIsNamed) {
  std::vector<WorldOptions> ranks = Ranks(2, FreePort());
  ranks.erase(ranks.begin());
  ranks[0].timeout = milliseconds(1000);
  EXPECT_THAT(Errors(ranks, [](World&) {}), Contains(HasSubstr("for rank 0 at 127.0.0.1:")));
}

TEST(WorldTest, APortInUseIsOneSentence) {
  const Port taken;
  const std::vector<WorldOptions> ranks = {Ranks(2, taken.number())[0]};
  EXPECT_THAT(Errors(ranks, [](World&) {}),
              Contains("rank 0: port " + std::to_string(taken.number()) +
                       " is in use by another program; choose another MASTER_PORT"));
}

TEST(WorldTest, WorldsOfDifferentSizesDoNotTalk) {
  std::vector<WorldOptions> ranks = Ranks(2, FreePort());
  ranks[1].size = 3;
  ranks[0].timeout = milliseconds(1500);
  EXPECT_THAT(Errors(ranks, [](World&) {}),
              Contains(AllOf(HasSubstr("rank 0 and rank 1 are of different worlds"),
                             HasSubstr("rank 0 says 2 ranks"), HasSubstr("rank 1 says 3 ranks"))));
}

TEST(WorldTest, TwoProcessesOfOneRankAreRefused) {
  std::vector<WorldOptions> ranks = Ranks(3, FreePort());
  ranks[2].rank = 1;
  for (WorldOptions& options : ranks) options.timeout = milliseconds(1500);
  EXPECT_THAT(Errors(ranks, [](World&) {}), Contains(HasSubstr("say that they are rank 1")));
}

}  // namespace
}  // namespace ring
