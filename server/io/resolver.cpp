#include "io/resolver.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include <netdb.h>
#include <system_error>

#include "io/socket_address.hpp"

namespace offhook::io {

namespace {

// Threads that hang in a silent name server. Trunks are few and each asks once at a time.
constexpr int kMaxLookups = 16;

Result<std::vector<IpAddress>> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) {
    return failure("cannot find the address of " + host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    IpAddress address;
    if (entry->ai_family == AF_INET) {
      address = to_address(reinterpret_cast<const sockaddr_in*>(entry->ai_addr)->sin_addr);
    } else if (entry->ai_family == AF_INET6) {
      address = to_address(reinterpret_cast<const sockaddr_in6*>(entry->ai_addr)->sin6_addr);
    } else {
      continue;
    }
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  if (addresses.empty()) return failure("there is no address for " + host);
  return addresses;
}

}  // namespace

// What a lookup's thread shares with the resolver. The mutex guards `loop`, which is null once the
// resolver is gone.
struct Resolver::Mailbox {
  std::mutex mutex;
  EventLoop* loop = nullptr;
  std::atomic<int> lookups = 0;
};

Resolver::Resolver(EventLoop& loop) : mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->loop = &loop;
}

Resolver::~Resolver() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->loop = nullptr;
}

void Resolver::resolve(const std::string& host, Callback callback) {
  const auto reply = [this, &callback](Result<std::vector<IpAddress>> result) {
    mailbox_->loop->post(
        [mailbox = mailbox_, callback = std::move(callback), result = std::move(result)]() mutable {
          if (mailbox->loop != nullptr) callback(std::move(result));
        });
  };
  if (const std::optional<IpAddress> literal = IpAddress::parse(host)) {
    return reply(std::vector{*literal});
  }
  if (mailbox_->lookups >= kMaxLookups) {
    return reply(failure("cannot find the address of " + host + ": the name server is silent"));
  }
  ++mailbox_->lookups;
  std::thread([mailbox = mailbox_, host, callback = std::move(callback)]() mutable {
    Result<std::vector<IpAddress>> result = look_up(host);
    --mailbox->lookups;
    const std::lock_guard lock(mailbox->mutex);
    if (mailbox->loop == nullptr) return;
    mailbox->loop->post(
        [mailbox, callback = std::move(callback), result = std::move(result)]() mutable {
          if (mailbox->loop != nullptr) callback(std::move(result));
        });
  }).detach();
}

}  // namespace offhook::io
