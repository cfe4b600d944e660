#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "sim/browser.hpp"
#include "sim/webrtc_peer.hpp"

namespace offhook::sim {

// A browser's peer connections, one a call, with ICE, DTLS and SRTP. From the moment one is
// connected it speaks: a frame of PCMU each 20 ms, no two alike, so that what comes back from an
// echo can be told from everything else.
class WebRtcMedia final : public BrowserMedia {
 public:
  // Of the first call; each has the next.
  static constexpr std::uint16_t kFirstPort = 50'001;

  WebRtcMedia(const IpAddress& address, Random& random);

  std::string make_offer() override;
  std::string make_answer(const std::string& offer, Time now) override;
  void take_answer(const std::string& answer, Time now) override;
  void close() override;

  void handle_packet(const MediaPacket& packet, Time now) override;
  void handle_timeout(Time now) override;
  [[nodiscard]] std::optional<MediaPacket> poll_packet() override;
  [[nodiscard]] std::optional<Time> next_timeout() const override;

  void stop_talking() { speaks_at_.reset(); }

  // ---- what the person hears ----
  [[nodiscard]] bool connected() const { return peer_ && peer_->connected(); }
  [[nodiscard]] std::size_t frames_spoken() const { return spoken_.size(); }
  [[nodiscard]] std::size_t frames_heard() const { return heard_; }    // of anything
  [[nodiscard]] std::size_t frames_echoed() const { return echoed_; }  // of what was spoken
  [[nodiscard]] std::size_t frames_of_earlier_calls() const { return stale_; }
  [[nodiscard]] std::optional<Time> first_heard_at() const { return first_heard_at_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void open();
  [[nodiscard]] std::string describe(bool answer) const;
  void connect(const std::string& gateway_sdp, Time now);
  void speak(Time now);
  void drain(Time now);
  void hear(const Bytes& packet, Time now);

  IpAddress address_;
  Random& random_;
  WebRtcPeer::Identity identity_;
  std::uint16_t port_ = kFirstPort - 1;
  std::optional<WebRtcPeer> peer_;
  std::optional<Time> speaks_at_;
  std::uint16_t sequence_ = 0;
  std::set<Bytes> spoken_;
  std::set<Bytes> spoken_earlier_;
  std::size_t heard_ = 0;
  std::size_t echoed_ = 0;
  std::size_t stale_ = 0;
  std::optional<Time> first_heard_at_;
  std::string failure_;
  std::deque<MediaPacket> packets_;
};

}  // namespace offhook::sim
