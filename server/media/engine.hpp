#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "control/control.pb.h"
#include "dtls/certificate.hpp"
#include "media/music.hpp"
#include "media/rejections.hpp"

// The media process without its sockets: legs, bridges, ICE, DTLS, SRTP, RTP. One engine is one
// worker (one thread).
namespace offhook::media {

// A socket of the worker, named by the worker: small numbers, they index a table. 0 is the
// browsers' shared port.
using SocketId = std::uint32_t;
inline constexpr SocketId kBrowserSocket = 0;
// From here on: the same port on the worker's further browser-facing addresses, if it has several.
inline constexpr SocketId kFurtherBrowserSockets = 0x8000'0000;
// From here on: a browser's TCP connections (RFC 6544). Each number is one connection, and is not
// used again while a leg may remember it.
inline constexpr SocketId kBrowserConnections = 0xC000'0000;

// The trunk side's port pairs; the worker opens and closes real sockets behind it.
class TrunkPorts {
 public:
  struct Pair {
    SocketId rtp_socket;
    SocketId rtcp_socket;
    Endpoint rtp;  // as the provider is told
    Endpoint rtcp;
  };
  virtual ~TrunkPorts() = default;
  // An error says why there is none (range exhausted, ...).
  virtual Result<Pair> open() = 0;
  // When everything that was to be sent from there has been polled.
  virtual void close(const Pair& pair) = 0;
  // Nobody else's RTP is wanted any more (nullopt: everybody's again). A hint, which makes packets
  // cheaper; what others send may come all the same.
  virtual void set_peer(const Pair& /*pair*/, const std::optional<Endpoint>& /*peer*/) {}
};

struct OutgoingDatagram {
  SocketId socket;
  Endpoint remote;
  // Valid until the next handle_*() of the engine; what lies in the buffer that was given to
  // handle_datagram() as long as that buffer.
  MutableByteView bytes;
};

class BrowserLeg;

class Engine {
 public:
  struct Config {
    // What browsers are told, in order of preference: of the shared UDP port, and where their TCP
    // connections are accepted.
    std::vector<Endpoint> browser_candidates;
    std::vector<Endpoint> browser_tcp_candidates{};
    std::string software;
    std::size_t max_legs = 4'000;
    std::shared_ptr<const Music> hold_music{};  // null: the built-in
  };

  Engine(Config config, const dtls::Certificate& certificate, TrunkPorts& ports, Random& random);
  ~Engine();

  // While signal is gone there are no commands, and legs keep running on their leases.
  //
  // A datagram from the wire. It may be changed in place (decrypted); what is to be relayed at once
  // comes out of poll_datagram() as a view into the same buffer where possible, so drain before the
  // buffer is used again. The buffer has `limits::kMediaDatagramBytes` of room behind bytes.data().
  void handle_datagram(SocketId socket, const Endpoint& remote, MutableByteView bytes, Time now);
  void handle_command(const control::Command& command, Time now);
  // Serves a limited number of legs at a time: drain, and call again while next_timeout() is due.
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<OutgoingDatagram> poll_datagram();
  [[nodiscard]] std::optional<control::Event> poll_event();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  // Hints for a batch of datagrams from browsers, which change nothing that can be seen. With a
  // thousand calls much of what a packet costs is memory that is far away; who knows which come next
  // has it fetched while the processor is busy with those before.
  //
  // The leg that a datagram would be for now; null: none. Its address is good for prefetch() until
  // the next handle_command(): nothing else makes a leg go away.
  [[nodiscard]] const BrowserLeg* foresee(SocketId socket, const Endpoint& remote) const;
  // Before each handle_datagram(): for those behind it, the next one first. Looks at two of them.
  static void prefetch(std::span<const BrowserLeg* const> next);

  [[nodiscard]] std::size_t leg_count() const;
  [[nodiscard]] std::size_t bridge_count() const;
  // Whether a leg has had an authenticated check on this path and is still there: a connection that
  // none claims is of no use.
  [[nodiscard]] bool is_claimed(SocketId socket, const Endpoint& remote) const;
  // Of datagrams that belong to no leg; each leg counts its own.
  [[nodiscard]] const Rejections& rejections() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::media
