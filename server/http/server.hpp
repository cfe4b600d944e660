#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "http/router.hpp"
#include "io/event_loop.hpp"
#include "io/tls_context.hpp"

namespace offhook::http {

// One WebSocket, never the same again.
using ConnectionId = std::uint64_t;

struct WebSocketInfo {
  ConnectionId id = 0;
  std::string user;
  bool is_secure = false;  // wss
  Endpoint local;
  Endpoint remote;
};

struct ServerTimes {
  Duration request = limits::kHttpRequestTime;
  Duration idle = limits::kHttpIdleTime;
  Duration web_socket_silence = limits::kWebSocketSilence;
};

// How many connections at once; one more is closed without an answer.
struct Room {
  std::size_t connections = limits::kHttpConnections;
  std::size_t per_address = limits::kHttpConnectionsPerAddress;  // of IPv6: per /64
};

// Serves what the router decides on TCP endpoints, and carries SIP over WebSockets (RFC 7118), a
// SIP message each.
class Server {
 public:
  struct Handlers {
    // Replies once, now or later.
    std::function<void(const ReportWanted& wanted, std::function<void(Response report)> reply)>
        on_report_wanted{};
    std::function<void(const WebSocketInfo& socket)> on_open{};
    std::function<void(ConnectionId id, std::string_view message)> on_message{};
    std::function<void(ConnectionId id)> on_close{};  // once for each on_open
  };

  Server(io::EventLoop& loop, Router& router, Handlers handlers, ServerTimes times = {},
         Room room = {});
  ~Server();  // closes everything at once; no handler is called any more

  // Starts to listen; port 0 lets the system choose. With `tls` of a server: https and wss, else
  // http and ws. May be called for several. Returns the endpoint; an error names it.
  [[nodiscard]] Result<Endpoint> listen(const Endpoint& endpoint,
                                        std::shared_ptr<io::TlsContext> tls = {});
  // Queues a message, as text: it must be UTF-8, as SIP is, or the browser ends the connection (RFC
  // 6455 8.1). A browser that does not read, with limits::kWebSocketQueueBytes waiting, loses its
  // connection (on_close follows, later). Nothing happens where the connection is gone.
  void send(ConnectionId id, std::string message);
  // Takes no more connections, closes the WebSockets (1001, "going away") once their messages are
  // sent, and calls back when all are closed.
  void shut_down(std::function<void()> on_done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace offhook::http
