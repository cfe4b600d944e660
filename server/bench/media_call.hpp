#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "bench/media_socket.hpp"
#include "bench/media_stream.hpp"
#include "sim/webrtc_peer.hpp"

namespace offhook::bench {

// One call as the load makes it: a browser and a far end, each with a socket of its own.
class MediaCall {
 public:
  // Without `identity` the browser speaks plain RTP, as a far end does. `number` is no other call's.
  MediaCall(std::uint32_t number, const std::optional<sim::WebRtcPeer::Identity>& identity,
            Random& random);

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] const MediaSocket& browser_socket() const { return browser_socket_; }
  [[nodiscard]] const MediaSocket& far_socket() const { return far_socket_; }
  // For the SDP; only of a browser that speaks WebRTC.
  [[nodiscard]] const sim::WebRtcPeer& peer() const { return *peer_; }

  // Where the target expects the two sides.
  void connect(const sim::GatewaySide& browser_side, const Endpoint& far_side, Time now);
  void connect(const Endpoint& browser_side, const Endpoint& far_side);
  // To somebody who sends back what the browser says: the far end here has no part in it, and
  // latency is that of both ways.
  void connect_to_echo(const sim::GatewaySide& browser_side, Time now);
  // ICE only, from the beginning: what DTLS costs is seen by what is missing.
  void keep_dtls_back() { keeps_dtls_back_ = true; }
  // Both sides can talk.
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  // Both sides fall silent, and the window is closed.
  void stop_talking();
  [[nodiscard]] bool talks(Direction direction) const {
    return connected_ && !silent_ && !(is_echoed_ && direction == Direction::FromFarEnd);
  }

  // Sends the next packet; false where the system refuses it.
  bool talk(Direction direction);
  // Reads all that is there on the socket where this direction ends.
  void receive(Direction direction, Time now, StreamFigures& figures);
  // ICE and DTLS.
  void handle_timeout(Time now);

  void open_window();
  void close_window();
  // Of a closed window, when the last packets must have come.
  void settle(StreamFigures& figures) const;
  // What has been overtaken since the window was opened and is not there yet.
  [[nodiscard]] std::uint64_t missing() const;

 private:
  void take_at_peer(MutableByteView bytes, WallTime arrived, Time now, StreamFigures& figures);
  void take(Direction direction, ByteView packet, WallTime arrived, StreamFigures& figures);
  void drain_peer();

  std::uint32_t number_;
  MediaSocket browser_socket_;
  MediaSocket far_socket_;
  std::optional<sim::WebRtcPeer> peer_;
  std::array<ProbeSender, 2> senders_;
  std::array<ProbeReceiver, 2> receivers_;
  bool connected_ = false;
  bool silent_ = false;
  bool is_echoed_ = false;
  bool keeps_dtls_back_ = false;
  std::string failure_;
};

}  // namespace offhook::bench
