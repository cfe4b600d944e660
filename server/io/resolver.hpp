#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"

namespace offhook::io {

// Host names to addresses, through the system's resolver. Its calls block for as long as the name
// servers are silent, so each runs on a thread of its own that nobody waits for: not even the end
// of the program.
class Resolver {
 public:
  using Callback = std::function<void(Result<std::vector<IpAddress>>)>;

  explicit Resolver(EventLoop& loop);
  ~Resolver();  // drops what is under way: no callback comes any more

  // A and AAAA records in the system's order, without repetition, at least one; an address literal
  // is returned as it is. The callback comes in a later turn of the loop.
  void resolve(const std::string& host, Callback callback);

 private:
  struct Mailbox;
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace offhook::io
