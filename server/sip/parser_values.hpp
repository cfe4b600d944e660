#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.hpp"
#include "sip/parser_lexer.hpp"

// Values of single header fields. Each parser takes a whole value, white space at its ends
// included, and gives nullopt or false for what is malformed.
namespace offhook::sip {

// Comma-separated; appended, at most limits::kSipListElements in all.
[[nodiscard]] bool parse_via(std::string_view value, std::vector<Via>& list);
// Elements with a scheme that is not ours (tel:, mailto:) are left out.
[[nodiscard]] bool parse_addresses(std::string_view value, std::vector<NameAddress>& list);
[[nodiscard]] std::optional<NameAddress> parse_address(std::string_view value);
[[nodiscard]] std::optional<CSeq> parse_cseq(std::string_view value);
[[nodiscard]] bool is_call_id(std::string_view value);
// Digits, saturating at 2^32 - 1 as RFC 3261 20.19 bounds it.
[[nodiscard]] std::optional<std::chrono::seconds> parse_delta_seconds(std::string_view value);
// Comma-separated text outside quotes; appended without empty elements.
[[nodiscard]] bool parse_list(std::string_view value, std::vector<std::string>& list);

// nullopt also for another scheme than Digest.
[[nodiscard]] std::optional<Challenge> parse_challenge(std::string_view value);
[[nodiscard]] std::optional<Credentials> parse_credentials(std::string_view value);
[[nodiscard]] bool is_digest(std::string_view value);

}  // namespace offhook::sip
