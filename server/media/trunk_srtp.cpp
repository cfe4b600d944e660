#include "media/trunk_srtp.hpp"

#include "srtp/profile.hpp"

namespace offhook::media {
namespace {

// `context` under the key, as it is where it has that key already.
template <typename Context>
Result<void> use(std::optional<Context>& context, srtp::Profile profile, const std::string& key,
                 bool same) {
  if (context && same) return {};
  if (context) return context->rekey(profile, as_bytes(key));
  auto made = Context::make(profile, as_bytes(key));
  if (!made) return std::unexpected(made.error());
  context.emplace(std::move(*made));
  return {};
}

}  // namespace

Result<void> TrunkSrtp::set(const control::SetRemote& remote) {
  if (!remote.has_sdes()) {
    on_ = false;
    return {};
  }
  const control::SetRemote::Sdes& keys = remote.sdes();
  const auto profile = srtp::profile_from_number(static_cast<std::uint16_t>(keys.srtp_profile()));
  if (!profile) return failure("sdes.srtp_profile is none of ours");
  const bool same_profile = keys.srtp_profile() == keys_.srtp_profile();
  const bool same_ours = same_profile && keys.local_key_and_salt() == keys_.local_key_and_salt();
  const bool same_theirs =
      same_profile && keys.remote_key_and_salt() == keys_.remote_key_and_salt();
  // While media was plain nobody counted our roll-over: with a key that was never used it begins
  // anew, which the far side expects of it then.
  if (!on_ && !same_ours) sender_.reset();
  if (auto done = use(sender_, *profile, keys.local_key_and_salt(), same_ours); !done) return done;
  if (auto done = use(receiver_, *profile, keys.remote_key_and_salt(), same_theirs); !done) {
    return done;
  }
  keys_ = keys;
  on_ = true;
  return {};
}

std::expected<PacketBuffer, Rejection> TrunkSrtp::unprotect_rtp(const PacketBuffer& packet) {
  const auto plain = receiver_->unprotect_rtp(packet.packet());
  if (!plain) return std::unexpected(rejection_of(plain.error()));
  return packet.narrowed_to(*plain);
}

std::expected<MutableByteView, Rejection> TrunkSrtp::unprotect_rtcp(const PacketBuffer& packet) {
  const auto plain = receiver_->unprotect_rtcp(packet.packet());
  if (!plain) return std::unexpected(rejection_of(plain.error()));
  return *plain;
}

MutableByteView TrunkSrtp::protect_rtp(const PacketBuffer& packet) {
  return sender_->protect_rtp(packet.buffer, packet.size).value_or(MutableByteView());
}

MutableByteView TrunkSrtp::protect_rtcp(const PacketBuffer& packet) {
  return sender_->protect_rtcp(packet.buffer, packet.size).value_or(MutableByteView());
}

}  // namespace offhook::media
