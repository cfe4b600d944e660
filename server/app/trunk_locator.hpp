#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "io/back_off.hpp"

namespace offhook::app {

// Keeps the address of a trunk's host fresh: when to look it up, and which of its addresses to use.
// Sans-IO.
//
// | input       | what follows                                                                |
// |-------------|-----------------------------------------------------------------------------|
// | start       | a look-up at once                                                           |
// | addresses   | the one in use is kept if it is still among them, or if the trunk is        |
// |             | registered there and it was not unreachable since the last look-up; else    |
// |             | the first of the socket's family; the next look-up in 60 s                  |
// | no address  | what is known is kept; the next look-up in 2 s, doubling up to 60 s         |
// | unreachable | the next look-up at once, but not within 5 s of the last                    |
class TrunkLocator {
 public:
  static constexpr Duration kRefresh = std::chrono::seconds(60);
  static constexpr Duration kFirstRetry = std::chrono::seconds(2);
  static constexpr Duration kShortestInterval = std::chrono::seconds(5);

  // `v6`: the family of the SIP socket.
  TrunkLocator(bool v6, Time now) : v6_(v6), next_(now), retry_(kFirstRetry, kRefresh) {}

  // True: look the host up now; handle() is called with what comes of it.
  [[nodiscard]] bool take_lookup(Time now);
  // An error says why there is no address to use. `is_registered`: the provider has our binding at
  // the address in use. Names whose single address changes all the time then do not move us.
  Result<IpAddress> handle(const Result<std::vector<IpAddress>>& addresses, bool is_registered,
                           Time now);
  void handle_unreachable(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return next_; }

 private:
  bool v6_;
  std::optional<Time> next_;       // nullopt: a look-up is under way
  std::optional<Time> looked_up_;  // the last time
  std::optional<IpAddress> address_;
  bool is_unreachable_ = false;  // since the last look-up
  io::BackOff retry_;
};

}  // namespace offhook::app
