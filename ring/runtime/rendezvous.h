// How ranks that know nothing of each other but a store find together.
#ifndef RING_RUNTIME_RENDEZVOUS_H_
#define RING_RUNTIME_RENDEZVOUS_H_

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <string>
#include <vector>

namespace c10d {
class Store;
}  // namespace c10d

namespace ring {

struct Rendezvous {
  c10::intrusive_ptr<c10d::Store> store;
  int rank = 0;
  int size = 1;
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

// Element r of the result is the text of rank r; returns when all have called it with the same
// `topic`, which is used once. Throws CommunicationError naming those who have not come within the
// time-out.
std::vector<std::string> ExchangeTexts(const Rendezvous& rendezvous, const std::string& topic,
                                       const std::string& text);

}  // namespace ring

#endif  // RING_RUNTIME_RENDEZVOUS_H_
