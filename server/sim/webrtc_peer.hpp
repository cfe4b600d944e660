#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "dtls/certificate.hpp"
#include "dtls/session.hpp"
#include "ice/agent.hpp"
#include "srtp/context.hpp"

namespace offhook::sim {

// What the gateway's SDP says of its side.
struct GatewaySide {
  Endpoint candidate;
  ice::Credentials ice;
  dtls::PeerFingerprint fingerprint;
};

// The media half of a browser, for tests and for load: a full ICE agent that meets a lite one, so
// that it is controlling and nominates (RFC 8445 6.1.1, 8.1), DTLS in either role, SRTP. Another
// full agent's checks it answers. It does as
// Chromium does: a check each 50 ms until one is answered, then at once one with USE-CANDIDATE,
// then one each 2.5 s; the ClientHello goes out with the first answer.
class WebRtcPeer {
 public:
  // Made once for many peers, as a browser keeps it for many calls.
  struct Identity {
    dtls::Certificate certificate;
    dtls::Context context;
    [[nodiscard]] static Result<Identity> make();
  };

  struct Transmit {
    Endpoint local;
    Endpoint remote;
    Bytes bytes;
  };
  struct Connected {
    srtp::Profile profile;
  };
  struct RtpReceived {
    Bytes packet;
  };
  struct RtcpReceived {
    Bytes packet;
  };
  struct Failed {
    std::string reason;
  };
  struct Closed {};  // by the gateway
  using Output = std::variant<Transmit, Connected, RtpReceived, RtcpReceived, Failed, Closed>;

  WebRtcPeer(Identity identity, const Endpoint& local, dtls::Role role, Random& random);

  // For the SDP.
  [[nodiscard]] const ice::Credentials& ice() const { return ice_; }
  [[nodiscard]] dtls::PeerFingerprint fingerprint() const;
  [[nodiscard]] const Endpoint& local() const { return local_; }

  // The gateway's SDP is here: checks begin.
  void connect(GatewaySide gateway, Time now);
  // Another network: everything goes on from there, with a nomination at once.
  void move_to(const Endpoint& local, Time now);
  // The same with an ICE restart: ice() is new, for the SDP, and until the gateway's answer is here
  // nothing is checked.
  void restart_ice(const Endpoint& local);
  void finish_restart(ice::Credentials gateway, Time now);
  // A browser whose machine sleeps sends no checks.
  void pause_checks() { next_check_.reset(); }
  void resume_checks(Time now) { next_check_ = now; }
  // The page ends the connection: close_notify, and nothing after it.
  void close();

  // A plain packet; false before Connected or when it cannot be protected.
  bool send_rtp(ByteView packet);
  bool send_rtcp(ByteView packet);

  // A datagram from the gateway.
  void handle(ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] bool connected() const { return sender_.has_value(); }
  // For load, where a copy a packet would be felt: in place. Null before Connected.
  [[nodiscard]] srtp::Sender* sender() { return sender_ ? &*sender_ : nullptr; }
  [[nodiscard]] srtp::Receiver* receiver() { return receiver_ ? &*receiver_ : nullptr; }
  // That could not be unprotected or understood.
  [[nodiscard]] std::uint64_t packets_rejected() const { return packets_rejected_; }

 private:
  static constexpr std::size_t kPendingChecks = 16;

  void send_check(Time now);
  void handle_stun(ByteView datagram, Time now);
  void answer_check(const ice::StunMessage& check);
  void handle_media(ByteView datagram);
  void start_dtls(Time now);
  void drain_dtls();
  void keep_keys(const dtls::Connected& keys);
  void transmit(ByteView bytes);

  Identity identity_;
  Endpoint local_;
  dtls::Role role_;
  Random* random_;
  ice::Credentials ice_;
  std::uint64_t tie_breaker_;
  std::optional<GatewaySide> gateway_;
  std::array<ice::TransactionId, kPendingChecks> checks_{};
  std::size_t check_count_ = 0;
  bool writable_ = false;  // a check was answered, ever
  bool answered_ = false;  // one from where we are now was
  std::optional<Time> next_check_;
  std::optional<dtls::Session> dtls_;
  std::optional<srtp::Sender> sender_;
  std::optional<srtp::Receiver> receiver_;
  std::uint64_t packets_rejected_ = 0;
  std::deque<Output> outputs_;
};

}  // namespace offhook::sim
