#pragma once

#include <optional>
#include <vector>

#include "dtls/session.hpp"
#include "ice/agent.hpp"
#include "media/leg.hpp"
#include "srtp/context.hpp"

namespace offhook::media {

// A browser behind the shared port: ICE-lite, then DTLS on a path that ICE validated, then
// SRTP under the keys of a peer whose certificate has the fingerprint of its SDP.
class BrowserLeg final : public Leg {
 public:
  BrowserLeg(std::string id, std::uint64_t number, ice::Credentials local,
             const dtls::Context& dtls, Outbox& outbox, Random& random, Time now);

  // Ours; former_credentials() are those of before the last restart_ice().
  [[nodiscard]] const ice::Credentials& credentials() const { return ice_.local(); }
  [[nodiscard]] const std::optional<ice::Credentials>& former_credentials() const {
    return ice_.former();
  }
  // How often our credentials have been changed, as signal counts it.
  [[nodiscard]] std::uint32_t ice_generation() const { return ice_generation_; }
  // By the directory, which finds us by them.
  void restart_ice(ice::Credentials local, std::uint32_t generation, Time now);
  // Whether DTLS and SRTP that came this way may be this leg's.
  [[nodiscard]] bool accepts_from(const ice::Path& path, Time now) const {
    return ice_.accepts_from(path, now);
  }

  // The directory's entries for this leg.
  [[nodiscard]] std::vector<ice::Path>& claimed_paths() { return claimed_paths_; }
  [[nodiscard]] const std::vector<ice::Path>& claimed_paths() const { return claimed_paths_; }

  void handle_stun(const ice::StunMessage& message, const ice::Path& path, Time now);
  // On a path that accepts_from() approves.
  void handle_dtls(ByteView datagram, Time now);
  void handle_srtp(const PacketBuffer& datagram, Time now);
  void handle_srtcp(const PacketBuffer& datagram, Time now);
  // Hints for handle_srtp(), in this order (Engine::prefetch).
  void prefetch_receiver() const;
  void prefetch_receivers_cipher() const;

  [[nodiscard]] control::AllocateLeg::Side side() const override {
    return control::AllocateLeg::BROWSER;
  }
  [[nodiscard]] Result<void> set_remote(const control::SetRemote& remote, Time now) override;
  void describe(control::LegAllocated& allocated) const override;

 protected:
  void transmit_rtp(const PacketBuffer& packet) override;
  void transmit_rtcp(const PacketBuffer& packet) override;
  [[nodiscard]] OutgoingStream::Mode wanted_mode() const override;
  [[nodiscard]] bool is_connected() const override { return sender_ && !disconnected_ && !over_; }
  void handle_side_timeout(Time now) override;
  [[nodiscard]] std::optional<Time> next_side_timeout() const override;
  void prefetch_to_transmit() const override;

 private:
  void start_dtls(dtls::Role role, std::optional<dtls::PeerFingerprint> peer, Time now);
  void drain_ice(Time now);
  void drain_dtls(Time now);
  void connect(const dtls::Connected& connected, Time now);
  void fail(const std::string& reason, Time now);
  void close(Time now);
  void report_disconnected();
  void send(MutableByteView packet);

  ice::IceLiteAgent ice_;
  std::uint32_t ice_generation_ = 0;
  dtls::Context dtls_context_;
  std::optional<dtls::Role> role_;  // ours, and the peer's fingerprint: from SetRemote
  std::optional<dtls::PeerFingerprint> peer_fingerprint_;
  std::optional<dtls::Session> dtls_;
  std::optional<srtp::Sender> sender_;
  std::optional<srtp::Receiver> receiver_;
  std::vector<ice::Path> claimed_paths_;
  bool disconnected_ = false;
  bool over_ = false;  // timed out or failed: nothing comes after that
};

}  // namespace offhook::media
