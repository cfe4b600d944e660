#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/flow.hpp"
#include "sip/message.hpp"

// What a message is matched to its transaction by. A key is one string of parts that cannot contain
// the separator.
namespace offhook::sip {

// RFC 3261 8.1.1.7: the start of every branch made under that RFC.
inline constexpr std::string_view kMagicCookie = "z9hG4bK";

// RFC 3261 17.1.3: branch and method, from the response's top Via and CSeq or from our own request.
[[nodiscard]] std::string client_key(const Headers& headers);

// The same from the start of a request of ours, as an ICMP error quotes it; nullopt where it is cut
// off before the end of the branch.
[[nodiscard]] std::optional<std::string> client_key_of_quote(std::string_view quoted);

// RFC 3261 17.2.3: branch, sent-by and method, where an ACK has its INVITE's key. Without the magic
// cookie, the fields of RFC 2543 instead. The connection is part of it: one browser can never reach
// a transaction of another one.
[[nodiscard]] std::string server_key(const Flow& flow, const Request& request);
// The INVITE that a CANCEL with these headers is for (9.2).
[[nodiscard]] std::string cancelled_key(const Flow& flow, const Request& cancel);

// RFC 3261 8.2.2.2: equal for two requests that are the same one come by two paths.
[[nodiscard]] std::string merge_key(const Flow& flow, const Request& request);

}  // namespace offhook::sip
