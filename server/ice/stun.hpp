#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"

// STUN messages (RFC 8489) as far as ICE (RFC 8445) needs them: a view over a datagram, and a
// builder into a caller's buffer. Neither allocates.
namespace offhook::ice {

inline constexpr std::size_t kStunHeaderBytes = 20;
inline constexpr std::uint16_t kBindingMethod = 0x001;

using TransactionId = std::array<std::uint8_t, 12>;

enum class StunClass : std::uint8_t { Request = 0, Indication = 1, Success = 2, Error = 3 };

// Attribute types, IANA's numbers. Below 0x8000 they must be understood (RFC 8489 14).
namespace attribute {
inline constexpr std::uint16_t kUsername = 0x0006;
inline constexpr std::uint16_t kMessageIntegrity = 0x0008;
inline constexpr std::uint16_t kErrorCode = 0x0009;
inline constexpr std::uint16_t kUnknownAttributes = 0x000A;
inline constexpr std::uint16_t kRealm = 0x0014;
inline constexpr std::uint16_t kNonce = 0x0015;
inline constexpr std::uint16_t kXorMappedAddress = 0x0020;
inline constexpr std::uint16_t kPriority = 0x0024;
inline constexpr std::uint16_t kUseCandidate = 0x0025;
inline constexpr std::uint16_t kSoftware = 0x8022;
inline constexpr std::uint16_t kFingerprint = 0x8028;
inline constexpr std::uint16_t kIceControlled = 0x8029;
inline constexpr std::uint16_t kIceControlling = 0x802A;
}  // namespace attribute

enum class StunError : std::uint8_t {
  NotStun,          // too short, wrong leading bits, no magic cookie
  WrongLength,      // the header's length is not that of the datagram, or not a multiple of four
  BrokenAttribute,  // an attribute reaches over the end, or a fixed-size one has another size
  WrongFingerprint,
};

// Whether a datagram of a port shared with DTLS and SRTP is meant for ICE: a first byte of 0 to 3
// (RFC 7983).
[[nodiscard]] constexpr bool looks_like_stun(ByteView datagram) {
  return !datagram.empty() && datagram[0] < 4;
}

// A checked view over a datagram that must outlive it. Every attribute's length has been verified,
// and FINGERPRINT where present. What follows MESSAGE-INTEGRITY is ignored, except FINGERPRINT (RFC
// 8489 14.5).
class StunMessage {
 public:
  // FINGERPRINT is verified where present, MESSAGE-INTEGRITY is not (see has_valid_integrity).
  [[nodiscard]] static std::expected<StunMessage, StunError> parse(ByteView datagram);

  [[nodiscard]] StunClass message_class() const;
  [[nodiscard]] std::uint16_t method() const;
  [[nodiscard]] TransactionId transaction_id() const;
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

  // The value of the first attribute of this type (RFC 8489 14), without padding.
  [[nodiscard]] std::optional<ByteView> find(std::uint16_t type) const;
  [[nodiscard]] bool has(std::uint16_t type) const { return find(type).has_value(); }
  [[nodiscard]] bool has_fingerprint() const { return has_fingerprint_; }

  [[nodiscard]] std::optional<std::string_view> username() const;
  // The part of USERNAME before the colon: in a check towards us, the ufrag of our agent it is for
  // (RFC 8445 7.2.2). Use it to find the agent; nothing is authenticated yet.
  [[nodiscard]] std::optional<std::string_view> target_ufrag() const;
  [[nodiscard]] std::optional<std::uint32_t> priority() const;
  [[nodiscard]] std::optional<Endpoint> xor_mapped_address() const;
  [[nodiscard]] std::optional<int> error_code() const;  // 300..699

  // Comprehension-required attributes that this implementation does not know, at most `out.size()`
  // of them; returns how many were written.
  [[nodiscard]] std::size_t unknown_required(std::span<std::uint16_t> out) const;

  // HMAC-SHA1 over the message up to MESSAGE-INTEGRITY (RFC 8489 14.5), compared in constant time;
  // false where the attribute is absent. `key`: the password for short-term credentials,
  // MD5(user:realm:password) for long-term ones.
  [[nodiscard]] bool has_valid_integrity(ByteView key) const;

 private:
  explicit StunMessage(ByteView bytes) : bytes_(bytes) {}

  ByteView bytes_;  // the whole message
  std::size_t attributes_end_ =
      0;  // where attributes that count end: behind MESSAGE-INTEGRITY, before FINGERPRINT
  std::optional<std::size_t> integrity_at_;  // offset of MESSAGE-INTEGRITY's header
  bool has_fingerprint_ = false;
};

// Writes a message into `buffer`. Where it does not fit, finish() returns an empty view.
class StunBuilder {
 public:
  StunBuilder(MutableByteView buffer, StunClass message_class, std::uint16_t method,
              const TransactionId& id);

  StunBuilder& add(std::uint16_t type, ByteView value);
  StunBuilder& add_flag(std::uint16_t type) { return add(type, {}); }
  StunBuilder& add_u32(std::uint16_t type, std::uint32_t value);
  StunBuilder& add_u64(std::uint16_t type, std::uint64_t value);
  StunBuilder& add_xor_mapped_address(const Endpoint& endpoint);
  StunBuilder& add_error_code(int code, std::string_view reason);

  // Appends MESSAGE-INTEGRITY under `key` and FINGERPRINT; the finished message is the front of the
  // buffer.
  [[nodiscard]] ByteView finish(ByteView key);
  // With FINGERPRINT only: for errors to somebody who is not authenticated (RFC 8489 9.1.4).
  [[nodiscard]] ByteView finish_without_integrity();

 private:
  // Room for an attribute with its header written; nullptr where the buffer is full.
  std::uint8_t* append(std::uint16_t type, std::size_t bytes);
  void set_length(std::size_t bytes_after_header);

  MutableByteView buffer_;
  std::size_t size_ = 0;
  bool overflow_ = false;
};

}  // namespace offhook::ice
