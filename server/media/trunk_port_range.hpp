#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "media/engine.hpp"
#include "media/udp_socket.hpp"

namespace offhook::media {

// Real sockets for trunk legs: an even port for RTP and the next for RTCP (RFC 3550 11), out of a
// range.
//
// A released pair rests, closed, before it is used again, so that what an old caller's provider
// still sends is not heard in a new call; and the pair that rested longest is taken first. A
// process that was restarted does not know what its predecessor used, so each begins somewhere
// else.
class TrunkPortRange final : public TrunkPorts {
 public:
  static constexpr Duration kRest = std::chrono::seconds(5);

  struct Config {
    IpAddress bind;       // where the sockets are
    IpAddress advertise;  // what the provider is told
    std::uint16_t first = 0;
    std::uint16_t last = 0;
  };
  // `epoll`: sockets are watched there for reading, with their SocketId as data.
  TrunkPortRange(const Config& config, int epoll, Random& random);

  // open() and close() happen at this time.
  void set_time(Time now) { now_ = now; }
  [[nodiscard]] Result<Pair> open() override;
  void close(const Pair& pair) override;
  // Connects the RTP socket (or unconnects it): the kernel then knows the way without looking for
  // it with each packet, and keeps strangers out.
  void set_peer(const Pair& pair, const std::optional<Endpoint>& peer) override;

  // -1 for a socket that is closed.
  [[nodiscard]] int fd(SocketId socket) const;
  // Whether the socket is connected to it.
  [[nodiscard]] bool is_peer(SocketId socket, const Endpoint& remote) const;
  [[nodiscard]] std::size_t pairs() const { return sockets_.size(); }

 private:
  struct Sockets {
    std::optional<UdpSocket> rtp;
    std::optional<UdpSocket> rtcp;
    std::optional<Endpoint> peer;  // of rtp
  };
  struct Free {
    std::size_t index = 0;
    Time rested_at{};
  };

  // An error is the system's: the port is taken by somebody else, or no more sockets can be made.
  [[nodiscard]] std::expected<Pair, std::error_code> open_at(std::size_t index);
  [[nodiscard]] std::uint16_t rtp_port(std::size_t index) const;

  Config config_;
  int epoll_;
  Time now_{};
  std::vector<Sockets> sockets_;
  std::deque<Free> free_;  // the longest rested first
};

}  // namespace offhook::media
