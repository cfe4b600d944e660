#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"

namespace offhook::provider {

struct Binding {
  sip::Uri contact;
  sip::Flow flow;  // where the REGISTER came from: calls go there, whatever the contact says
  Time expires_at;
};

// Where each account is registered: one binding an account, the newest wins.
class Bindings {
 public:
  static constexpr std::chrono::seconds kMinExpires{60};
  static constexpr std::chrono::seconds kMaxExpires{3'600};
  static constexpr std::chrono::seconds kDefaultExpires{120};  // chan_sip's

  // Does what an authenticated REGISTER asks for and fills the Contact and Expires of its 200.
  // False for a request that makes no sense (400).
  [[nodiscard]] bool handle(std::string_view account, const sip::Flow& flow,
                            const sip::Headers& request, sip::Headers& answer, Time now);
  void handle_flow_lost(const sip::Flow& flow);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] const Binding* find(std::string_view account) const;  // nullptr: not registered

 private:
  std::map<std::string, Binding, std::less<>> bindings_;
};

}  // namespace offhook::provider
