#include "ring/runtime/host_identity.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ring {

std::string HostIdentity() {
  std::ifstream stream("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(stream, boot);
  std::error_code none;
  return boot + " " + std::filesystem::read_symlink("/proc/self/ns/pid", none).string();
}

std::string AddressTowards(const std::string& peer, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(peer.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return peer;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    // Connecting a datagram socket sends nothing; it only chooses the way.
    const int way = socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (way < 0) continue;
    sockaddr_storage own = {};
    socklen_t length = sizeof(own);
    auto* const address = reinterpret_cast<sockaddr*>(&own);
    char text[NI_MAXHOST];
    const bool known =
        connect(way, at->ai_addr, at->ai_addrlen) == 0 && getsockname(way, address, &length) == 0 &&
        getnameinfo(address, length, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) == 0;
    close(way);
    if (known) return text;
  }
  return peer;
}

}  // namespace ring
