// Which host this is, and where its peers reach it.
#ifndef RING_RUNTIME_HOST_IDENTITY_H_
#define RING_RUNTIME_HOST_IDENTITY_H_

#include <string>

namespace ring {

// Equal for processes that see each other: on one running kernel, and not in containers apart.
std::string HostIdentity();

// The numeric address of the interface that leads from here to `peer`; `peer` itself when that
// cannot be found out.
std::string AddressTowards(const std::string& peer, int port);

}  // namespace ring

#endif  // RING_RUNTIME_HOST_IDENTITY_H_
