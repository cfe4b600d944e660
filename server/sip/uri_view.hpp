#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sip/uri.hpp"

namespace offhook::sip {

// A sip: or sips: URI as it stands in a message, found well formed. Escapes are still there.
struct UriView {
  bool secure = false;  // sips:
  std::string_view user;
  std::string_view host;
  std::optional<std::uint16_t> port;
  std::string_view parameters;  // behind the first ";"
  std::string_view headers;     // behind the "?"

  [[nodiscard]] static Result<UriView> parse(std::string_view text);
  [[nodiscard]] Uri to_uri() const;
};

}  // namespace offhook::sip
