#include "call/trunk_keys.hpp"

#include <algorithm>
#include <array>

namespace offhook::call {
namespace {

// The suite that everybody has comes first: it costs us no more than the other, and there are those
// who look at the first line only.
constexpr std::array kOfferedSuites{sdp::CryptoSuite::AesCm128HmacSha1_80,
                                    sdp::CryptoSuite::AeadAes128Gcm};

}  // namespace

void TrunkKeys::write_offer(sdp::TrunkLocal& local) {
  if (policy_ == SrtpPolicy::Off || gave_way_) {
    offered_.clear();
  } else if (!theirs_.empty()) {
    offered_ = {*ours_};
  } else if (offered_.empty()) {
    for (const auto suite : kOfferedSuites) {
      offered_.push_back(
          sdp::make_crypto(static_cast<std::uint32_t>(offered_.size() + 1), suite, *random_));
    }
  }
  local.crypto = offered_;
  local.insists_on_crypto = true;
}

void TrunkKeys::write_late_offer(sdp::TrunkLocal& local) {
  write_offer(local);
  local.insists_on_crypto = policy_ == SrtpPolicy::Required || !theirs_.empty();
}

bool TrunkKeys::take_plain(const sdp::TrunkRemote& remote) {
  if (policy_ == SrtpPolicy::Required || remote.insists_on_crypto) return false;
  theirs_.clear();
  ours_.reset();  // media lost count of what it used of it
  return true;
}

bool TrunkKeys::read_answer(const sdp::TrunkRemote& remote) {
  if (offered_.empty() || remote.crypto.empty()) return take_plain(remote);
  // RFC 4568 5.1.3: the line that was chosen, by its tag.
  const sdp::Crypto& chosen = remote.crypto.front();
  const auto ours = std::ranges::find(offered_, chosen.tag, &sdp::Crypto::tag);
  if (ours == offered_.end() || ours->suite != chosen.suite) return false;
  agree(*ours, chosen.key_and_salt);
  return true;
}

bool TrunkKeys::read_offer(const sdp::TrunkRemote& remote) {
  if (policy_ == SrtpPolicy::Off || remote.crypto.empty()) return take_plain(remote);
  auto chosen = remote.crypto.begin();
  if (ours_) {
    const auto same = std::ranges::find(remote.crypto, ours_->suite, &sdp::Crypto::suite);
    if (same != remote.crypto.end()) chosen = same;
  }
  sdp::Crypto ours = ours_ && ours_->suite == chosen->suite
                         ? *ours_
                         : sdp::make_crypto(chosen->tag, chosen->suite, *random_);
  ours.tag = chosen->tag;
  agree(ours, chosen->key_and_salt);
  return true;
}

void TrunkKeys::write_answer(sdp::TrunkLocal& local) {
  offered_.clear();
  if (!theirs_.empty()) offered_.push_back(*ours_);
  local.crypto = offered_;
}

bool TrunkKeys::give_way() {
  if (policy_ != SrtpPolicy::Optional || offered_.empty() || !theirs_.empty()) return false;
  gave_way_ = true;
  return true;
}

std::optional<control::SetRemote::Sdes> TrunkKeys::for_media() const {
  if (theirs_.empty()) return std::nullopt;
  control::SetRemote::Sdes sdes;
  sdes.set_srtp_profile(static_cast<std::uint32_t>(ours_->suite));
  sdes.set_local_key_and_salt(ours_->key_and_salt.data(), ours_->key_and_salt.size());
  sdes.set_remote_key_and_salt(theirs_.data(), theirs_.size());
  return sdes;
}

void TrunkKeys::agree(const sdp::Crypto& ours, const Bytes& theirs) {
  ours_ = ours;
  theirs_ = theirs;
}

}  // namespace offhook::call
