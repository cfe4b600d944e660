#pragma once

#include <vector>

#include "base/dns.hpp"
#include "base/random.hpp"

namespace offhook::sip {

// Brings the records into the order to try them in (RFC 2782): the lowest priority first; within
// one, drawn by weight.
void order_srv(std::vector<SrvRecord>& records, Random& random);

}  // namespace offhook::sip
