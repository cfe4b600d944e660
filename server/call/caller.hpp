#pragma once

#include <string>

#include "sip/message.hpp"

namespace offhook::call {

// Who calls or writes, as a browser is shown it: VoIP.ms has name and number in Remote-Party-ID, From
// is what is left. `domain`: the host of the URI.
[[nodiscard]] sip::NameAddress caller_of(const sip::Request& request, const std::string& domain);

}  // namespace offhook::call
