#pragma once

#include <string_view>

#include "base/result.hpp"
#include "sdp/sdp.hpp"

// The a= lines that we know, one by one.
namespace offhook::sdp {

// Reads "name" or "name:value" into what the line stands under: one m= section, or the defaults
// that every section begins with. Unknown attributes change nothing.
[[nodiscard]] Result<void> read_attribute(std::string_view line, Media& media);

// RFC 8839 5.1; nullopt for what cannot be read, which the RFC wants ignored.
[[nodiscard]] std::optional<Candidate> read_candidate(std::string_view value);

// RFC 8866 9 "token": what a mid, a media type and the like are made of.
[[nodiscard]] bool is_token(std::string_view text);
// Letters, digits, '.', ':' and '-': an address literal or a name.
[[nodiscard]] bool is_address(std::string_view text);

}  // namespace offhook::sdp
