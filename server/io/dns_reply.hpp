#pragma once

#include "base/bytes.hpp"
#include "base/dns.hpp"

namespace offhook::io {

// What a name server's reply (RFC 1035 4.1) says to a question of this type: the records whose owner
// is the name in the reply's question, or what that name is an alias for. Failed where the reply is
// malformed; its header's error code has been looked at before.
[[nodiscard]] DnsAnswer parse_dns_reply(ByteView reply, DnsType type);

}  // namespace offhook::io
