#pragma once

#include <algorithm>

#include "sip/torture_application.hpp"
#include "sip/torture_invalid.hpp"
#include "sip/torture_ipv6.hpp"
#include "sip/torture_valid.hpp"

namespace offhook::sip::torture {

// All 49 of RFC 4475 and all of RFC 5118.
[[nodiscard]] inline const std::vector<TortureMessage>& torture_messages() {
  static const std::vector<TortureMessage> all = [] {
    std::vector<TortureMessage> messages;
    for (auto&& part :
         {valid_messages(), invalid_messages(), application_messages(), ipv6_messages()}) {
      messages.insert(messages.end(), part.begin(), part.end());
    }
    return messages;
  }();
  return all;
}

// Throws where there is none of that name.
[[nodiscard]] inline const TortureMessage& torture_message(std::string_view name) {
  const auto& all = torture_messages();
  const auto found = std::ranges::find(all, name, &TortureMessage::name);
  if (found == all.end()) throw std::out_of_range(std::string(name));
  return *found;
}

}  // namespace offhook::sip::torture
