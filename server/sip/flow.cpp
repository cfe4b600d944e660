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

std::string_view uri_transport(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return "";
    case Transport::Tcp:
      return "tcp";
    case Transport::Tls:
      return "tls";
    case Transport::Ws:
    case Transport::Wss:
      return "ws";
  }
  return "";
}

}  // namespace offhook::sip
