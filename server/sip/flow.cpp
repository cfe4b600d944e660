#include "sip/flow.hpp"

namespace offhook::sip {

std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return "UDP";
    case Transport::Tcp:
      return "TCP";
    case Transport::Tls:
      return "TLS";
    case Transport::Ws:
      return "WS";
    case Transport::Wss:
      return "WSS";
  }
  return "UDP";
}

}  // namespace offhook::sip
