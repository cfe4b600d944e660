#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/limits.hpp"
#include "base/time.hpp"

namespace offhook::dtls {

// What the handshakes of one engine have in common: how many are half open, and whether somebody
// attacks them.
//
// In peace a ClientHello is answered at once, because ICE has validated its address. But a source
// address can be forged, and the answer to a forged hello spoils the handshake of the browser that
// has the address. So once something was seen that no browser in a call does, every hello has to return a
// cookie first (RFC 6347 4.2.1), which takes a round trip and keeps out whoever sees no answers.
class HandshakeGuard {
 public:
  // From the last sign of an attack.
  static constexpr Duration kAlarmHolds = std::chrono::seconds(30);

  // One half-open handshake, as long as it lives.
  class Place {
   public:
    explicit Place(HandshakeGuard& guard) : guard_(&guard) { ++guard.half_open_; }
    Place(Place&& other) noexcept : guard_(std::exchange(other.guard_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(guard_, other.guard_);
      return *this;
    }
    ~Place() {
      if (guard_ != nullptr) --guard_->half_open_;
    }

   private:
    HandshakeGuard* guard_;
  };

  // A ClientHello came that no browser of ours can have sent (or one whose leg has just ended).
  void alarm(Time now) { alarmed_until_ = now + kAlarmHolds; }
  [[nodiscard]] bool demands_cookies(Time now) const {
    return alarmed_until_ && now < *alarmed_until_;
  }
  // nullopt where there are limits::kDtlsHandshakes already. The hello is lost then, and comes
  // again when its browser's timer ends.
  [[nodiscard]] std::optional<Place> enter() {
    if (half_open_ >= limits::kDtlsHandshakes) return std::nullopt;
    return Place(*this);
  }
  [[nodiscard]] std::size_t half_open() const { return half_open_; }

 private:
  std::optional<Time> alarmed_until_;
  std::size_t half_open_ = 0;
};

}  // namespace offhook::dtls
