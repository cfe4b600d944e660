#pragma once

#include <array>

#include "sip/flow.hpp"

namespace offhook::fuzz {

// Where messages of a program come from and go to: two UDP peers, and connections of two kinds.
inline const std::array<sip::Flow, 4> kFlows{
    sip::Flow{sip::Transport::Udp, 0, *Endpoint::parse("192.0.2.1:5060"),
              *Endpoint::parse("192.0.2.9:5060")},
    sip::Flow{sip::Transport::Udp, 0, *Endpoint::parse("192.0.2.1:5060"),
              *Endpoint::parse("192.0.2.8:5062")},
    sip::Flow{sip::Transport::Tcp, 1, *Endpoint::parse("[2001:db8::1]:5060"),
              *Endpoint::parse("[2001:db8::9]:40000")},
    sip::Flow{sip::Transport::Wss, 2, *Endpoint::parse("192.0.2.1:443"),
              *Endpoint::parse("192.0.2.7:40001")}};

}  // namespace offhook::fuzz
